/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */

/**
 * The maximal horizontal stretches of equal pixels of a bitmap. Run `i` covers `[starts[i], ends[i])` of its row; the
 * runs of row `y` are those from `firstOfRow[y]` up to `firstOfRow[y + 1]`, left to right.
 */
export interface RowRuns {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** `[height + 1]` */
  readonly firstOfRow: Int32Array;
}

/** Runs of the pixels equal to `value` in a bitmap of 0 and 1, row-major, `width · height` bytes. */
export function rowRuns(data: Uint8Array, width: number, height: number, value: 0 | 1 = 1): RowRuns {
  const firstOfRow = new Int32Array(height + 1);
  for (let y = 0; y < height; y++) {
    firstOfRow[y + 1] = firstOfRow[y]! + countRuns(data, y * width, width, value);
  }
  const starts = new Int32Array(firstOfRow[height]!);
  const ends = new Int32Array(firstOfRow[height]!);
  let run = 0;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width;) {
      while (x < width && data[row + x] !== value) x++;
      if (x === width) break;
      starts[run] = x;
      while (x < width && data[row + x] === value) x++;
      ends[run++] = x;
    }
  }
  return { starts, ends, firstOfRow };
}

function countRuns(data: Uint8Array, row: number, width: number, value: 0 | 1): number {
  let count = 0;
  let inside = false;
  for (let i = row; i < row + width; i++) {
    const matches = data[i] === value;
    if (matches && !inside) count++;
    inside = matches;
  }
  return count;
}
