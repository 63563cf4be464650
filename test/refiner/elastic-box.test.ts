import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { cellProductsOf } from '../../src/refiner/cell-products.js';
import { elasticBox } from '../../src/refiner/elastic-box.js';
import type { FeatureGrid } from '../../src/refiner/engine.js';
import { frameOf } from '../../src/refiner/frame.js';
import { cropMask, maskFromBitmap, pixelAt } from '../../src/refiner/mask.js';
import type { Mask } from '../../src/refiner/types.js';
import { pictureOf, resampled } from './plain-resampling.js';

const GRID = 16;
const CHANNELS = 3;

/** One mask with its features: the first channel says object, the second says background. */
function scene(object: { x0: number; y0: number; x1: number; y1: number }): FeatureGrid {
  const data = new Float32Array(2 * GRID * GRID);
  for (let y = 0; y < GRID; y++) {
    for (let x = 0; x < GRID; x++) {
      const isObject = x >= object.x0 && x < object.x1 && y >= object.y0 && y < object.y1;
      data[(isObject ? 0 : GRID * GRID) + y * GRID + x] = 1;
    }
  }
  return { channels: 2, height: GRID, width: GRID, data };
}

function rectangle(x0: number, y0: number, x1: number, y1: number, side = 160): Mask {
  const data = new Uint8Array((x1 - x0) * (y1 - y0)).fill(1);
  return cropMask({ imageWidth: side, imageHeight: side, box: { x0, y0, x1, y1 }, data });
}

const SQUARE = frameOf({ width: 160, height: 160 }, 256, 64);

test('only the sides that would pass over the object move, by a tenth of the box', () => {
  const features = scene({ x0: 4, y0: 4, x1: 12, y1: 8 });
  const box = elasticBox(rectangle(35, 35, 76, 85), features, SQUARE, 0.1);
  assert.deepEqual(box, { x0: 35, y0: 35, x1: 79, y1: 84, expanded: true });
});

test('no side moves by more than ten pixels', () => {
  const features = scene({ x0: 0, y0: 0, x1: 16, y1: 16 });
  const box = elasticBox(rectangle(20, 20, 141, 141), features, SQUARE, 0.1);
  assert.deepEqual(box, { x0: 10, y0: 10, x1: 150, y1: 150, expanded: true });
});

test('a side that would reach the first row or column stays', () => {
  const features = scene({ x0: 0, y0: 0, x1: 16, y1: 16 });
  const box = elasticBox(rectangle(10, 11, 141, 141), features, SQUARE, 0.1);
  assert.equal(box.x0, 10);
  assert.equal(box.y0, 1);
});

test('without a threshold, on a line of pixels, and where the grid misses the mask, the box stays tight', () => {
  const features = scene({ x0: 0, y0: 0, x1: 16, y1: 16 });
  const tight = { x0: 40, y0: 40, x1: 79, y1: 79, expanded: false };
  assert.deepEqual(elasticBox(rectangle(40, 40, 80, 80), features, SQUARE, null), tight);
  assert.equal(elasticBox(rectangle(40, 40, 80, 41), features, SQUARE, 0.1).expanded, false);
  assert.equal(elasticBox(rectangle(41, 41, 50, 80), features, SQUARE, 0.1).expanded, false);
});

test('an embedding of zeros resembles nothing', () => {
  const features = { channels: 2, height: GRID, width: GRID, data: new Float32Array(2 * GRID * GRID) };
  assert.equal(elasticBox(rectangle(40, 40, 80, 80), features, SQUARE, 0).expanded, false);
});

test('the box equals the one from similarities computed for every pixel of the image', () => {
  const sides = fc.record({
    width: fc.integer({ min: 20, max: 70 }),
    height: fc.integer({ min: 20, max: 70 }),
  });
  const features = fc
    .array(fc.integer({ min: -4, max: 8 }), {
      minLength: CHANNELS * GRID * GRID,
      maxLength: CHANNELS * GRID * GRID,
    })
    .map((values) => ({
      channels: CHANNELS,
      height: GRID,
      width: GRID,
      data: Float32Array.from(values, (value) => value / 3),
    }));
  const corners = fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(sides, features, corners, fc.constantFrom(0.1, 0.4), (size, grid, at, threshold) => {
      const bitmap = new Uint8Array(size.width * size.height);
      const [xa = 0, xb = 0, ya = 0, yb = 0] = at;
      for (let y = Math.min(ya, yb); y <= Math.max(ya, yb); y++) {
        bitmap.fill(1, y * size.width + Math.min(xa, xb), y * size.width + Math.max(xa, xb) + 1);
      }
      const mask = maskFromBitmap(bitmap, size.width, size.height);
      const frame = frameOf(size, 256, 64);
      const box = elasticBox(mask, grid, frame, threshold);
      assert.deepEqual(box, plainBox(mask, grid, threshold));
      assert.deepEqual(elasticBox(mask, grid, frame, threshold, cellProductsOf(grid, size)), box);
    }),
    { numRuns: 60 },
  );
});

/** The definition: every pixel's feature, its cosine with the query, and a count in each strip. */
function plainBox(mask: Mask, grid: FeatureGrid, threshold: number): ReturnType<typeof elasticBox> {
  const { imageWidth: width, imageHeight: height } = mask;
  const columns = height >= width ? Math.floor((GRID * width) / height) : GRID;
  const rows = height >= width ? GRID : Math.floor((GRID * height) / width);
  const channels = Array.from({ length: CHANNELS }, (_, c) =>
    pictureOf(grid.data.subarray(c * GRID * GRID), GRID, GRID)
      .slice(0, rows)
      .map((row) => row.slice(0, columns)),
  );
  const query = channels.map((channel) => {
    let sum = 0;
    channel.forEach((row, y) => {
      row.forEach((value, x) => {
        sum += value * pixelAt(mask, Math.floor((x * width) / columns), Math.floor((y * height) / rows));
      });
    });
    return sum;
  });
  const full = channels.map((channel) => resampled(channel, height, width));
  const similar = (x: number, y: number): boolean => {
    const feature = full.map((channel) => channel[y]?.[x] ?? NaN);
    const product = feature.reduce((sum, value, c) => sum + value * (query[c] ?? NaN), 0);
    return product / Math.hypot(...feature) / Math.hypot(...query) > 0.5;
  };
  const share = (x0: number, y0: number, x1: number, y1: number): number => {
    let count = 0;
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) if (similar(x, y)) count++;
    return count / ((x1 - x0) * (y1 - y0));
  };
  const { x0, y0 } = mask.box;
  const x1 = mask.box.x1 - 1;
  const y1 = mask.box.y1 - 1;
  const result = { x0, y0, x1, y1, expanded: false };
  if (x1 === x0 || y1 === y0) return result;
  const stepX = Math.min(0.1 * (x1 - x0), 10);
  const stepY = Math.min(0.1 * (y1 - y0), 10);
  const left = Math.floor(x0 - stepX);
  const right = Math.floor(x1 + stepX);
  const top = Math.floor(y0 - stepY);
  const bottom = Math.floor(y1 + stepY);
  if (left > 0 && left < x0 && share(left, y0, x0, y1) > threshold) result.x0 = left;
  if (right < width && right > x1 && share(x1, y0, right, y1) > threshold) result.x1 = right;
  if (top > 0 && top < y0 && share(x0, top, x1, y0) > threshold) result.y0 = top;
  if (bottom < height && bottom > y1 && share(x0, y1, x1, bottom) > threshold) result.y1 = bottom;
  const moved = result.x0 !== x0 || result.y0 !== y0 || result.x1 !== x1 || result.y1 !== y1;
  return { ...result, expanded: moved };
}
