import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { resolveClassOverlaps } from '../../src/refiner/class-overlaps.js';
import { emptyMask, masksEqual, maskFromBitmap, maskToBitmap } from '../../src/refiner/mask.js';
import { intersectionArea } from '../../src/refiner/metrics.js';
import { overlap } from '../../src/refiner/overlap.js';
import { rowRuns } from '../../src/refiner/row-runs.js';
import { subtractMask } from '../../src/refiner/subtract.js';
import type { Mask } from '../../src/refiner/types.js';
import { unionMasks } from '../../src/refiner/union.js';
import { masksOfOneImage } from './any-masks.js';
import { maskOf } from './drawn-mask.js';

function pixelwise(masks: readonly Mask[], decide: (values: number[]) => number): Mask {
  const first = masks[0];
  assert.ok(first);
  const bitmaps = masks.map(maskToBitmap);
  const result = new Uint8Array(first.imageWidth * first.imageHeight);
  for (let i = 0; i < result.length; i++) result[i] = decide(bitmaps.map((bitmap) => bitmap[i] ?? 0));
  return maskFromBitmap(result, first.imageWidth, first.imageHeight);
}

test('a union has the pixels of any of the masks', () => {
  fc.assert(
    fc.property(masksOfOneImage(1, 5), (masks) => {
      const size = { width: masks[0]?.imageWidth ?? 0, height: masks[0]?.imageHeight ?? 0 };
      assert.deepEqual(
        unionMasks(masks, size),
        pixelwise(masks, (values) => Math.max(...values)),
      );
    }),
  );
});

test('the union of nothing is empty', () => {
  const size = { width: 4, height: 3 };
  assert.deepEqual(unionMasks([], size), emptyMask(size));
  assert.deepEqual(unionMasks([emptyMask(size)], size), emptyMask(size));
});

test('a difference has the pixels of the first mask that the second lacks', () => {
  fc.assert(
    fc.property(masksOfOneImage(2, 2), (masks) => {
      const [a, b] = masks;
      assert.ok(a && b);
      assert.deepEqual(
        subtractMask(a, b),
        pixelwise(masks, ([inA = 0, inB = 0]) => inA & (1 - inB)),
      );
    }),
  );
});

test('an intersection counts the pixels of both masks', () => {
  fc.assert(
    fc.property(masksOfOneImage(2, 2), (masks) => {
      const [a, b] = masks;
      assert.ok(a && b);
      const common = pixelwise(masks, ([inA = 0, inB = 0]) => inA & inB);
      assert.equal(intersectionArea(a, b), maskToBitmap(common).filter((value) => value === 1).length);
    }),
  );
});

test('boxes that only touch have no overlap', () => {
  assert.equal(overlap({ x0: 0, y0: 0, x1: 2, y1: 2 }, { x0: 2, y0: 0, x1: 4, y1: 2 }), null);
});

test('runs of foreground and background tell the bitmap between them', () => {
  fc.assert(
    fc.property(masksOfOneImage(1, 1), ([mask]) => {
      assert.ok(mask);
      const { imageWidth: width, imageHeight: height } = mask;
      const bitmap = maskToBitmap(mask);
      for (const value of [0, 1] as const) {
        const { starts, ends, firstOfRow } = rowRuns(bitmap, width, height, value);
        const drawn = new Uint8Array(bitmap.length).fill(1 - value);
        for (let y = 0; y < height; y++) {
          for (let run = firstOfRow[y] ?? 0; run < (firstOfRow[y + 1] ?? 0); run++) {
            drawn.fill(value, y * width + (starts[run] ?? 0), y * width + (ends[run] ?? 0));
          }
        }
        assert.deepEqual(drawn, bitmap);
      }
    }),
  );
});

test('contested pixels go to the strongest claim, and among equals to the first', () => {
  const claims = [
    { mask: maskOf('###.'), strengthAt: () => 1 },
    { mask: maskOf('.###'), strengthAt: (x: number) => (x === 2 ? 2 : 1) },
  ];
  assert.deepEqual(resolveClassOverlaps(claims, { width: 4, height: 1 }), [maskOf('##..'), maskOf('..##')]);
});

test('settled classes share no pixel and cover what was claimed', () => {
  fc.assert(
    fc.property(masksOfOneImage(1, 5), fc.integer({ min: 1, max: 7 }), (masks, mixer) => {
      const size = { width: masks[0]?.imageWidth ?? 0, height: masks[0]?.imageHeight ?? 0 };
      const claims = masks.map((mask, k) => ({
        mask,
        strengthAt: (x: number, y: number): number => (x * mixer + y * 3 + k * 5) % 7,
      }));
      const settled = resolveClassOverlaps(claims, size);
      assert.ok(masksEqual(unionMasks(settled, size), unionMasks(masks, size)));
      settled.forEach((a, i) => {
        settled.slice(i + 1).forEach((b) => assert.equal(intersectionArea(a, b), 0));
      });
    }),
  );
});
