import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { frameOf } from '../../src/refiner/frame.js';
import { areaPx, isEmpty, maskToBitmap } from '../../src/refiner/mask.js';
import { logitsToMask, upsamplerFor } from '../../src/refiner/upsample.js';
import { framed, pictureOf, resampled } from './plain-resampling.js';

const MASK_SIZE = 16;

/** A handful of bumps, so that masks are small, touch the border, or are many. */
const anyLogits = fc
  .array(
    fc.record({
      x: fc.integer({ min: 0, max: MASK_SIZE - 1 }),
      y: fc.integer({ min: 0, max: MASK_SIZE - 1 }),
      height: fc.float({ min: Math.fround(0.1), max: 20, noNaN: true }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((bumps) =>
    Float32Array.from({ length: MASK_SIZE * MASK_SIZE }, (_, i) => {
      const heights = bumps.map(
        ({ x, y, height }) => height - 3 * Math.hypot((i % MASK_SIZE) - x, Math.floor(i / MASK_SIZE) - y),
      );
      return Math.max(...heights);
    }),
  );

const anyImage = fc.record({
  width: fc.integer({ min: 1, max: 90 }),
  height: fc.integer({ min: 1, max: 90 }),
});

test('logits become the mask that resizing everything twice and cutting it gives', () => {
  const thresholds = fc.constantFrom(0, -1.5, 2);
  fc.assert(
    fc.property(anyLogits, anyImage, thresholds, (logits, image, threshold) => {
      const frame = frameOf(image, 64, MASK_SIZE);
      const input = resampled(pictureOf(logits, MASK_SIZE, MASK_SIZE), 64, 64);
      const cut = framed(input, frame.resizedHeight, frame.resizedWidth, NaN);
      const full = resampled(cut, image.height, image.width);
      const expected = Uint8Array.from(full.flat(), (value) => (value > threshold ? 1 : 0));
      assert.deepEqual(maskToBitmap(logitsToMask(logits, frame, threshold)), expected);
    }),
    { numRuns: 60 },
  );
});

test('logits above the threshold in the padding alone give an empty mask', () => {
  const frame = frameOf({ width: 40, height: 10 }, 64, MASK_SIZE);
  const logits = Float32Array.from({ length: MASK_SIZE * MASK_SIZE }, (_, i) =>
    i >= 6 * MASK_SIZE ? 5 : -5,
  );
  assert.ok(isEmpty(logitsToMask(logits, frame, 0)));
});

test('positive logits everywhere fill the image', () => {
  const frame = frameOf({ width: 50, height: 31 }, 64, MASK_SIZE);
  const mask = logitsToMask(new Float32Array(MASK_SIZE * MASK_SIZE).fill(0.5), frame, 0);
  assert.equal(areaPx(mask), 50 * 31);
});

test('tables made for a frame once serve many masks', () => {
  const frame = frameOf({ width: 50, height: 31 }, 64, MASK_SIZE);
  const upsampler = upsamplerFor(frame);
  fc.assert(
    fc.property(anyLogits, (logits) => {
      assert.deepEqual(logitsToMask(logits, frame, 0, upsampler), logitsToMask(logits, frame, 0));
    }),
    { numRuns: 20 },
  );
});
