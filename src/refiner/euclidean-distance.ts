/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { UNREACHED_PX } from './unreached.js';

/**
 * Euclidean distance of each pixel to the nearest zero of `away` (0 or 1, row-major), `UNREACHED_PX` everywhere when
 * there is no zero. The squared distances are exact integers: distances along the columns first, then the lower
 * envelope of one parabola a column along each row (Felzenszwalb and Huttenlocher 2012, in the integer form of
 * Meijster et al. 2000).
 */
export function euclideanDistance(away: Uint8Array, width: number, height: number): Float32Array {
  const squared = squaredColumnDistances(away, width, height);
  const distances = new Float32Array(away.length);
  const envelope = {
    /** Column of each parabola on the envelope, and the first pixel at which it is the lowest. */
    column: new Int32Array(width),
    from: new Int32Array(width),
  };
  for (let y = 0; y < height; y++) {
    lowerEnvelope(squared, y * width, width, envelope, distances);
  }
  return distances;
}

/** Squared distance along the column to the nearest zero; Infinity in a column without one. */
function squaredColumnDistances(away: Uint8Array, width: number, height: number): Float64Array {
  const squared = new Float64Array(away.length);
  const steps = new Float64Array(width).fill(Infinity);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      steps[x] = away[y * width + x] === 0 ? 0 : steps[x]! + 1;
      squared[y * width + x] = steps[x]! * steps[x]!;
    }
  }
  steps.fill(Infinity);
  for (let y = height - 1; y >= 0; y--) {
    for (let x = 0; x < width; x++) {
      steps[x] = away[y * width + x] === 0 ? 0 : steps[x]! + 1;
      const fromBelow = steps[x]! * steps[x]!;
      if (fromBelow < squared[y * width + x]!) squared[y * width + x] = fromBelow;
    }
  }
  return squared;
}

function lowerEnvelope(
  squared: Float64Array,
  row: number,
  width: number,
  envelope: { column: Int32Array; from: Int32Array },
  distances: Float32Array,
): void {
  const { column, from } = envelope;
  let top = -1;
  for (let x = 0; x < width; x++) {
    const height = squared[row + x]!;
    if (height === Infinity) continue;
    let start = 0;
    while (top >= 0) {
      const other = column[top]!;
      // First pixel at which the parabola of x is strictly below the other one.
      start = Math.floor((x * x - other * other + height - squared[row + other]!) / (2 * (x - other))) + 1;
      if (start > from[top]!) break;
      top--;
    }
    if (top < 0) start = 0;
    if (start >= width) continue;
    top++;
    column[top] = x;
    from[top] = start;
  }
  if (top < 0) {
    distances.fill(UNREACHED_PX, row, row + width);
    return;
  }
  for (let x = width - 1; x >= 0; x--) {
    const nearest = column[top]!;
    distances[row + x] = Math.sqrt((x - nearest) * (x - nearest) + squared[row + nearest]!);
    if (x === from[top]) top--;
  }
}
