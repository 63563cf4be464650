import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { fillPolygon, type Ring } from '../../src/refiner/fill-polygon.js';
import { emptyMask, maskFromBitmap } from '../../src/refiner/mask.js';
import { iou } from '../../src/refiner/metrics.js';
import { polygonize, polygonizeAll } from '../../src/refiner/polygonize.js';
import { startOfLargestComponent } from '../../src/refiner/largest-component.js';
import { traceOutlineFrom } from '../../src/refiner/trace-outline.js';
import type { Mask, Size } from '../../src/refiner/types.js';
import { anyMask } from './any-mask.js';
import { maskOf } from './drawn-mask.js';
import { assertSimple, ringArea } from './simple-rings.js';

const anyMinIou = fc.oneof(fc.constant(1), fc.double({ min: 0.3, max: 1, noNaN: true }));

function sizeOf(mask: Mask): Size {
  return { width: mask.imageWidth, height: mask.imageHeight };
}

/** The mask's largest component with its holes filled. */
function filledComponent(mask: Mask): Mask {
  const start = startOfLargestComponent(mask);
  assert.ok(start);
  return fillPolygon([traceOutlineFrom(mask, start).ring], sizeOf(mask));
}

function assertWithinImage(rings: readonly Ring[], mask: Mask): void {
  for (const ring of rings) {
    ring.forEach((value, i) => {
      assert.ok(value >= 0 && value <= (i % 2 === 0 ? mask.imageWidth : mask.imageHeight));
    });
  }
}

/** A wobbly disc of about `radius` pixels. */
function blob(radius: number, wobble = 0.15, seed = 1): Mask {
  const side = Math.ceil(2.6 * radius);
  const bitmap = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const angle = Math.atan2(y - side / 2, x - side / 2);
      const reach = 1 + wobble * Math.sin(3 * angle + seed) + (wobble / 2) * Math.cos(7 * angle);
      if (Math.hypot(x - side / 2, y - side / 2) < radius * reach) bitmap[y * side + x] = 1;
    }
  }
  return maskFromBitmap(bitmap, side, side);
}

test('the polygon is simple, within the image, and as good as it says and as was asked', () => {
  fc.assert(
    fc.property(anyMask(20), anyMinIou, (mask, minIou) => {
      const { ring, iouToMask } = polygonize(mask, { minIou, maxVertices: 1000 });
      assertSimple([ring]);
      assertWithinImage([ring], mask);
      assert.ok(ringArea(ring) > 0);
      assert.equal(iouToMask, iou(fillPolygon([ring], sizeOf(mask)), filledComponent(mask)));
      assert.ok(iouToMask >= minIou);
    }),
    { numRuns: 400 },
  );
});

test('all rings together are simple, within the image, and as good as they say and as was asked', () => {
  fc.assert(
    fc.property(anyMask(20), anyMinIou, (mask, minIou) => {
      const { rings, iouToMask } = polygonizeAll(mask, { minIou, maxVertices: 2000 });
      assertSimple(rings);
      assertWithinImage(rings, mask);
      assert.equal(iouToMask, iou(fillPolygon(rings, sizeOf(mask)), mask));
      assert.ok(iouToMask >= minIou);
    }),
    { numRuns: 400 },
  );
});

test('the number of vertices goes before the IoU', () => {
  fc.assert(
    fc.property(anyMask(20), fc.integer({ min: 3, max: 12 }), (mask, maxVertices) => {
      const one = polygonize(mask, { minIou: 1, maxVertices });
      assert.ok(one.ring.length / 2 >= 3 && one.ring.length / 2 <= maxVertices);
      assert.equal(one.iouToMask, iou(fillPolygon([one.ring], sizeOf(mask)), filledComponent(mask)));
      const all = polygonizeAll(mask, { minIou: 1, maxVertices });
      assert.ok(all.rings.reduce((sum, ring) => sum + ring.length / 2, 0) <= maxVertices);
      assertSimple(all.rings);
      assert.equal(all.iouToMask, iou(fillPolygon(all.rings, sizeOf(mask)), mask));
    }),
    { numRuns: 300 },
  );
});

test('an upright rectangle keeps its four corners', () => {
  const { ring, iouToMask } = polygonize(maskOf('........', '.#####..', '.#####..', '.#####..'));
  assert.deepEqual(ring, [6, 1, 6, 4, 1, 4, 1, 1]);
  assert.equal(iouToMask, 1);
});

test('a turned square needs four vertices, its staircase notwithstanding', () => {
  const side = 101;
  const bitmap = new Uint8Array(side * side).map((_, i) =>
    Math.abs((i % side) - 50) + Math.abs(Math.floor(i / side) - 50) <= 45 ? 1 : 0,
  );
  assert.equal(polygonize(maskFromBitmap(bitmap, side, side)).ring.length / 2, 4);
});

test('a disc needs at most one vertex more than the best polygon there is', () => {
  // The best polygon of n vertices cuts the circle in 2n points: each side, an arc of length s = 2π/n away, misses
  // s³/32 of the unit disc, together 2.47 / n² of its area.
  for (const [minIou, radius] of [
    [0.95, 80],
    [0.98, 80],
    [0.99, 160],
  ] as const) {
    const best = Math.ceil(Math.sqrt(2.467 / (1 - minIou)));
    assert.ok(polygonize(blob(radius, 0), { minIou }).ring.length / 2 <= best + 1);
  }
});

test('more IoU costs more vertices', () => {
  const mask = blob(150);
  const counts = [0.9, 0.95, 0.98, 0.99, 0.995].map((minIou) => polygonize(mask, { minIou }).ring.length / 2);
  assert.deepEqual(
    counts,
    [...counts].sort((a, b) => a - b),
  );
});

test('the same mask gives the same polygon', () => {
  assert.deepEqual(polygonize(blob(60)), polygonize(blob(60)));
});

test('holes are filled in one polygon and kept in rings', () => {
  const mask = maskOf('#######', '#.....#', '#.###.#', '#.###.#', '#.###.#', '#.....#', '#######');
  assert.equal(ringArea(polygonize(mask, { minIou: 1 }).ring), 49);
  const { rings } = polygonizeAll(mask, { minIou: 1 });
  assert.deepEqual(
    rings.map(ringArea).sort((a, b) => a - b),
    [-25, 9, 49],
  );
});

test('a single pixel apart is dropped only when the IoU allows', () => {
  const bitmap = new Uint8Array(40 * 40);
  for (let y = 5; y < 35; y++) bitmap.fill(1, y * 40 + 5, y * 40 + 30);
  bitmap[20 * 40 + 38] = 1;
  const mask = maskFromBitmap(bitmap, 40, 40);
  assert.equal(polygonizeAll(mask, { minIou: 0.98 }).rings.length, 1);
  assert.equal(polygonizeAll(mask, { minIou: 1 }).rings.length, 2);
});

test('an empty mask has no polygon', () => {
  assert.deepEqual(polygonize(emptyMask({ width: 4, height: 4 })).ring, []);
  assert.deepEqual(polygonizeAll(emptyMask({ width: 4, height: 4 })).rings, []);
});
