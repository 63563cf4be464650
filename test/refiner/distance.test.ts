import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { distanceToBackground, distanceToForeground } from '../../src/refiner/distance.js';
import type { DistanceMap } from '../../src/refiner/distance.js';
import { maskFromBitmap, maskToBitmap } from '../../src/refiner/mask.js';
import { euclideanDistance } from '../../src/refiner/euclidean-distance.js';
import { octileDistance } from '../../src/refiner/octile-distance.js';
import type { Mask } from '../../src/refiner/types.js';
import { anyMask } from './any-mask.js';

test('octile distances over the mask box equal two iterations of the raster passes over the whole image', () => {
  fc.assert(
    fc.property(anyMask(), (mask) => {
      const bitmap = maskToBitmap(mask);
      const { imageWidth, imageHeight } = mask;
      sameInBox(
        distanceToBackground(mask, 'octile'),
        rasterPasses(bitmap, imageWidth, imageHeight),
        imageWidth,
      );
      const inverse = bitmap.map((value) => 1 - value);
      sameInBox(
        distanceToForeground(mask, 'octile'),
        rasterPasses(inverse, imageWidth, imageHeight),
        imageWidth,
      );
    }),
    { numRuns: 300 },
  );
});

test('octile distances stay equal to the raster passes where float32 rounding adds up', () => {
  const width = 1500;
  const height = 1100;
  const away = new Uint8Array(width * height).fill(1);
  for (const [x, y] of [
    [3, 5],
    [1490, 1000],
    [700, 2],
  ] as const) {
    away[y * width + x] = 0;
  }
  assert.deepEqual(octileDistance(away, width, height), rasterPasses(away, width, height));
});

test('Euclidean distances over the mask box equal a search over all pixels of the image', () => {
  fc.assert(
    fc.property(anyMask(), (mask) => {
      const bitmap = maskToBitmap(mask);
      sameInBox(distanceToBackground(mask, 'euclidean'), nearestZero(bitmap, mask), mask.imageWidth);
      const inverse = bitmap.map((value) => 1 - value);
      sameInBox(distanceToForeground(mask, 'euclidean'), nearestZero(inverse, mask), mask.imageWidth);
    }),
    { numRuns: 300 },
  );
});

test('a mask that fills the image is unreachably deep in both metrics', () => {
  const mask = maskFromBitmap(new Uint8Array(12).fill(1), 4, 3);
  for (const metric of ['octile', 'euclidean'] as const) {
    assert.deepEqual(distanceToBackground(mask, metric).data, new Float32Array(12).fill(1e10));
  }
});

test('the image border is not background', () => {
  const mask = maskFromBitmap(Uint8Array.from([1, 1, 1, 1, 1, 0]), 6, 1);
  for (const metric of ['octile', 'euclidean'] as const) {
    assert.deepEqual([...distanceToBackground(mask, metric).data], [5, 4, 3, 2, 1]);
  }
});

test('a grid without zeros and one without pixels are answered by both transforms', () => {
  for (const transform of [octileDistance, euclideanDistance]) {
    assert.deepEqual([...transform(new Uint8Array([1, 1]), 2, 1)], [1e10, 1e10]);
    assert.equal(transform(new Uint8Array(0), 0, 0).length, 0);
  }
});

function sameInBox(map: DistanceMap, whole: Float32Array, imageWidth: number): void {
  const { x0, y0, x1, y1 } = map.box;
  const expected: number[] = [];
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) expected.push(whole[y * imageWidth + x] ?? NaN);
  assert.deepEqual([...map.data], expected);
}

/** The definition, slowly: each of four directions relaxes a line from the one before it, all of that twice. */
function rasterPasses(away: Uint8Array, width: number, height: number): Float32Array {
  const d = Float32Array.from(away, (value) => value * 1e10);
  const diagonal = Math.fround(Math.SQRT2);
  const relax = (x: number, y: number, dx: number, dy: number): void => {
    for (let side = -1; side <= 1; side++) {
      const fromX = x - dx + (dx === 0 ? side : 0);
      const fromY = y - dy + (dy === 0 ? side : 0);
      if (fromX < 0 || fromX >= width || fromY < 0 || fromY >= height) continue;
      const way = Math.fround((d[fromY * width + fromX] ?? NaN) + (side === 0 ? 1 : diagonal));
      if (way < (d[y * width + x] ?? NaN)) d[y * width + x] = way;
    }
  };
  for (let iteration = 0; iteration < 2; iteration++) {
    for (let y = 1; y < height; y++) for (let x = 0; x < width; x++) relax(x, y, 0, 1);
    for (let y = height - 2; y >= 0; y--) for (let x = 0; x < width; x++) relax(x, y, 0, -1);
    for (let x = 1; x < width; x++) for (let y = 0; y < height; y++) relax(x, y, 1, 0);
    for (let x = width - 2; x >= 0; x--) for (let y = 0; y < height; y++) relax(x, y, -1, 0);
  }
  return d;
}

function nearestZero(away: Uint8Array, { imageWidth, imageHeight }: Mask): Float32Array {
  const distances = new Float32Array(away.length).fill(1e10);
  for (let y = 0; y < imageHeight; y++) {
    for (let x = 0; x < imageWidth; x++) {
      let least = Infinity;
      away.forEach((value, i) => {
        if (value === 0) {
          least = Math.min(least, ((i % imageWidth) - x) ** 2 + (Math.floor(i / imageWidth) - y) ** 2);
        }
      });
      if (least < Infinity) distances[y * imageWidth + x] = Math.sqrt(least);
    }
  }
  return distances;
}
