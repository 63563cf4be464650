/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over the mask's box */
import { ellipseRows, type Ellipse } from './ellipse.js';
import type { Mask } from './types.js';

/** Centroid and central second moments of a set of pixels, each a square of one pixel; image pixels. */
export interface Moments {
  readonly meanX: number;
  readonly meanY: number;
  readonly varX: number;
  readonly varY: number;
  readonly covariance: number;
}

/** A pixel is a square, not a point: its own variance along each axis. */
const PIXEL_VARIANCE = 1 / 12;

/** Moments of a mask that is not empty. */
export function momentsOfMask({ box, data }: Mask): Moments {
  const width = box.x1 - box.x0;
  const sums = new Float64Array(6);
  for (let row = 0; row < box.y1 - box.y0; row++) {
    let [count, first, second] = [0, 0, 0];
    for (let column = 0; column < width; column++) {
      if (data[row * width + column] === 0) continue;
      count++;
      first += column;
      second += column * column;
    }
    addRow(sums, row, count, first, second);
  }
  return momentsOfSums(sums, box.x0, box.y0);
}

/** Moments of the pixels that an ellipse holds, or null when it holds none. */
export function momentsOfDrawn(ellipse: Ellipse): Moments | null {
  const rows = ellipseRows(ellipse);
  const sums = new Float64Array(6);
  for (let row = rows.y0; row < rows.y1; row++) {
    const count = rows.endOf(row) - rows.startOf(row);
    if (count <= 0) continue;
    // Columns start, start + 1, … from the left side of the ellipse.
    const start = rows.startOf(row) - rows.x0;
    const indices = (count * (count - 1)) / 2;
    const squares = ((count - 1) * count * (2 * count - 1)) / 6;
    addRow(
      sums,
      row - rows.y0,
      count,
      count * start + indices,
      count * start * start + 2 * start * indices + squares,
    );
  }
  return sums[0] === 0 ? null : momentsOfSums(sums, rows.x0, rows.y0);
}

/** Adds `count` pixels of a row whose columns sum to `first` and whose squared columns sum to `second`. */
function addRow(sums: Float64Array, row: number, count: number, first: number, second: number): void {
  sums[0]! += count;
  sums[1]! += first;
  sums[2]! += row * count;
  sums[3]! += second;
  sums[4]! += row * row * count;
  sums[5]! += row * first;
}

function momentsOfSums(sums: Float64Array, x0: number, y0: number): Moments {
  const n = sums[0]!;
  const meanX = sums[1]! / n;
  const meanY = sums[2]! / n;
  return {
    meanX: x0 + meanX + 0.5,
    meanY: y0 + meanY + 0.5,
    varX: sums[3]! / n - meanX * meanX + PIXEL_VARIANCE,
    varY: sums[4]! / n - meanY * meanY + PIXEL_VARIANCE,
    covariance: sums[5]! / n - meanX * meanY,
  };
}
