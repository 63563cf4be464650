/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { Mask } from './types.js';

/** Edges of pixels along an outline, for each pixel of its length, in the mean of all directions. */
const EDGES_PER_LENGTH = 4 / Math.PI;
/** Pixels of three by three that are a majority. */
const MAJORITY = 5;

/**
 * How wide a mask is on average, in pixels: that of a long stripe, half the diameter of a disc. Twice its area divided by
 * the length of its outlines, after each pixel has become what most of its 3×3 neighbourhood is, so that scattered
 * pixels and holes make nothing look thin. 0 where that leaves nothing, as of lines a pixel wide.
 */
export function meanWidthPx({ box, data }: Mask): number {
  const width = box.x1 - box.x0;
  const height = box.y1 - box.y0;
  const sums = [0, 1, 2].map(() => new Uint8Array(width));
  let above = new Uint8Array(width);
  let row = new Uint8Array(width);
  let areaPx = 0;
  let edges = 0;
  // One row beyond each end, which may be set by none, closes the outlines.
  for (let y = 0; y <= height; y++) {
    const [first, second, third] = [sums[y % 3]!, sums[(y + 1) % 3]!, sums[(y + 2) % 3]!];
    if (y === 0) sumsOfThree(data, 0, width, second);
    if (y + 1 < height) sumsOfThree(data, (y + 1) * width, width, third);
    else third.fill(0);
    let left = 0;
    for (let x = 0; x < width; x++) {
      const set = y < height && first[x]! + second[x]! + third[x]! >= MAJORITY ? 1 : 0;
      areaPx += set;
      edges += (set ^ left) + (set ^ above[x]!);
      row[x] = left = set;
    }
    edges += left;
    [above, row] = [row, above];
  }
  return areaPx === 0 ? 0 : (2 * areaPx * EDGES_PER_LENGTH) / edges;
}

/** The sum of each pixel of a row and its two neighbours in it. */
function sumsOfThree(data: Uint8Array, start: number, width: number, sums: Uint8Array): void {
  for (let x = 0; x < width; x++) {
    const before = x > 0 ? data[start + x - 1]! : 0;
    const after = x + 1 < width ? data[start + x + 1]! : 0;
    sums[x] = before + data[start + x]! + after;
  }
}
