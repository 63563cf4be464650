import assert from 'node:assert/strict';
import test from 'node:test';
import { frameOf } from '../../src/refiner/frame.js';
import { maskFromBitmap } from '../../src/refiner/mask.js';
import type { PromptOptions } from '../../src/refiner/options.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { promptFor, promptMakerFor, sparsePrompt } from '../../src/refiner/prompts.js';
import type { Mask } from '../../src/refiner/types.js';
import { syntheticDecoder } from './synthetic-decoder.js';

const IMAGE = { width: 20, height: 10 };
const FRAME = frameOf(IMAGE, 64, 16);

/** A bracket: background within its box. */
function bracket(): Mask {
  const bitmap = new Uint8Array(200);
  for (let y = 2; y < 9; y++) {
    bitmap.fill(1, y * 20 + 3, y * 20 + 5);
    if (y < 4) bitmap.fill(1, y * 20 + 3, y * 20 + 11);
  }
  return maskFromBitmap(bitmap, 20, 10);
}

function prompted(
  only: Partial<PromptOptions>,
  pointSlots: number | null = null,
): ReturnType<typeof promptFor> {
  const decoder = { ...syntheticDecoder(IMAGE), pointSlots };
  const none = { usePoints: false, useBox: false, useMask: false };
  const options = { ...PRESETS.official.prompts, ...none, ...only };
  return promptFor(bracket(), promptMakerFor(decoder, options));
}

test('all prompts together are the positive point, the negative point and the box corners', () => {
  const { coords, labels, maskLogits } = prompted({ usePoints: true, useBox: true, useMask: true });
  assert.deepEqual(labels, [1, 0, 2, 3]);
  assert.deepEqual([...coords.slice(4)], [3 * 3.2, 2 * 3.2, 10 * 3.2, 8 * 3.2].map(Math.fround));
  assert.equal(maskLogits?.length, 16 * 16);
});

test('points alone are followed by one padding point', () => {
  const { coords, labels, maskLogits } = prompted({ usePoints: true });
  assert.deepEqual(labels, [1, 0, -1]);
  assert.deepEqual([...coords.slice(4)], [0, 0]);
  assert.equal(maskLogits, null);
  assert.deepEqual(prompted({ usePoints: true, useNegativePoint: false }).labels, [1, -1]);
});

test('a box alone has no padding point', () => {
  const { labels, maskLogits } = prompted({ useBox: true });
  assert.deepEqual(labels, [2, 3]);
  assert.equal(maskLogits, null);
});

test('a mask alone is prompted with a padding point', () => {
  const { labels, maskLogits } = prompted({ useMask: true });
  assert.deepEqual(labels, [-1]);
  assert.equal(
    maskLogits?.some((logit) => logit > 0),
    true,
  );
});

test('fixed slots keep their order and absent points are padding', () => {
  assert.deepEqual(prompted({ useBox: true }, 4).labels, [-1, -1, 2, 3]);
  assert.deepEqual(prompted({ usePoints: true, useNegativePoint: false }, 4).labels, [1, -1, -1, -1]);
  assert.deepEqual(prompted({ useMask: true }, 5).labels, [-1, -1, -1, -1, -1]);
  assert.equal(prompted({ useMask: true }, 5).coords.length, 10);
});

test('coordinates are scaled by the ratio of the resized side, per axis', () => {
  const frame = { ...FRAME, resizedWidth: 50, resizedHeight: 24 };
  const sparse = { positives: [{ x: 7, y: 3 }], negatives: [], box: null };
  const { coords } = sparsePrompt(sparse, frame, null);
  assert.deepEqual([...coords], [17.5, Math.fround(3 * Math.fround(2.4)), 0, 0]);
});
