/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { UNREACHED_PX } from './unreached.js';

/** √2 as the float32 that the original adds. */
const DIAGONAL = Math.fround(Math.SQRT2);

/**
 * Distance of each pixel to the nearest zero of `away` (0 or 1, row-major) by steps of 1 along the axes and √2 along
 * the diagonals; `UNREACHED_PX` everywhere when there is no zero. Equals, to the last bit, FastGeodis
 * `generalised_geodesic2d(ones, away, 1e10, lamb=0, iterations=2)` in float32 (`fastgeodis_cpu.cpp`), which makes four
 * passes (down, up, right, left), twice.
 *
 * One time through the four passes gives the same: a shortest way to the nearest zero has only steps with one common
 * axis direction, so a single pass follows it whole and takes the least rounded sum over all orders of its steps. A
 * longer way costs at least 0.4 a step more, which rounding cannot make up for, so the second time changes nothing.
 */
export function octileDistance(away: Uint8Array, width: number, height: number): Float32Array {
  const distances = new Float32Array(away.length);
  for (let i = 0; i < away.length; i++) distances[i] = away[i] === 0 ? 0 : UNREACHED_PX;
  downAndUp(distances, width, height);
  const turned = transpose(distances, width, height);
  downAndUp(turned, height, width);
  return transpose(turned, height, width);
}

function downAndUp(distances: Float32Array, width: number, height: number): void {
  for (let y = 1; y < height; y++) relaxRow(distances, width, y * width, (y - 1) * width);
  for (let y = height - 2; y >= 0; y--) relaxRow(distances, width, y * width, (y + 1) * width);
}

/** Shortens the distances of the row that begins at `row` by ways through the row that begins at `from`. */
function relaxRow(distances: Float32Array, width: number, row: number, from: number): void {
  const last = width - 1;
  let left = Infinity;
  let middle = distances[from]!;
  for (let x = 0; x < width; x++) {
    const right = x < last ? distances[from + x + 1]! : Infinity;
    const old = distances[row + x]!;
    if (old !== 0) {
      const diagonal = (left < right ? left : right) + DIAGONAL;
      const straight = middle + 1;
      // Rounding is monotone, so rounding the least sum equals the least rounded sum.
      const least = Math.fround(straight < diagonal ? straight : diagonal);
      if (least < old) distances[row + x] = least;
    }
    left = middle;
    middle = right;
  }
}

/** Goes tile by tile, because a whole column at a time misses the cache on large masks. */
function transpose(source: Float32Array, width: number, height: number): Float32Array {
  const tile = 32;
  const target = new Float32Array(source.length);
  for (let top = 0; top < height; top += tile) {
    const bottom = Math.min(height, top + tile);
    for (let left = 0; left < width; left += tile) {
      const right = Math.min(width, left + tile);
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) target[x * height + y] = source[y * width + x]!;
      }
    }
  }
  return target;
}
