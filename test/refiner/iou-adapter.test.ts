import assert from 'node:assert/strict';
import test from 'node:test';
import type { Decoder } from '../../src/refiner/engine.js';
import { adapterFits, adaptIous, freshAdapter, type IouAdapter } from '../../src/refiner/iou-adapter.js';
import { maskFromBitmap } from '../../src/refiner/mask.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { refineMasks } from '../../src/refiner/refine.js';
import { refineSemanticMasks } from '../../src/refiner/semantic.js';
import { LENIENT } from './lenient.js';
import { MASK_SIZE, syntheticDecoder } from './synthetic-decoder.js';

const IMAGE = { width: 16, height: 16 };
const SHAPE = { rank: 2, features: 3, outputs: 4 };
const HEAD = { features: 3, outputs: 4 };
const ADAPTER: IouAdapter = {
  ...SHAPE,
  loraA: Float64Array.of(1, 0, 0, 0, 1, 1),
  loraB: Float64Array.of(0, 0, 1, 0, 0, -1, 0.5, 0.5),
};
const FEATURES = Float32Array.of(0.25, 0.125, 0.5);

test('a fresh adapter changes nothing, and starts from its seed', () => {
  const ious = Float32Array.of(0.9, 0.8, 0.7, 0.6);
  const fresh = freshAdapter(SHAPE, 7);
  assert.deepEqual(adaptIous(ious, FEATURES, fresh), ious);
  assert.deepEqual(freshAdapter(SHAPE, 7), fresh);
  assert.notDeepEqual(freshAdapter(SHAPE, 8), fresh);
});

test('the weights of a fresh adapter fill ±1/√features evenly', () => {
  const { loraA } = freshAdapter({ rank: 4, features: 256, outputs: 4 }, 0);
  assert.equal(loraA.length, 1024);
  assert.ok(loraA.every((value) => Math.abs(value) <= 1 / 16));
  const spread = Math.sqrt(loraA.reduce((sum, value) => sum + value ** 2, 0) / loraA.length);
  assert.ok(Math.abs(spread - 1 / 16 / Math.sqrt(3)) < 0.002, `${spread}`);
});

test('an adapter adds B·(A·h)', () => {
  const adapted = adaptIous(Float32Array.of(0.5, 0.5, 0.5, 0.5), FEATURES, ADAPTER);
  // A·h = (0.25, 0.625)
  assert.deepEqual(adapted, Float32Array.of(0.5, 0.75, -0.125, 0.9375));
});

test('an adapter for another model is told from one that fits', () => {
  assert.equal(adapterFits(ADAPTER, HEAD), true);
  assert.equal(adapterFits(ADAPTER, { features: 256, outputs: 4 }), false);
  assert.equal(adapterFits(ADAPTER, { features: 3, outputs: 3 }), false);
  assert.equal(adapterFits({ ...ADAPTER, loraA: new Float64Array(5) }, HEAD), false);
  assert.equal(adapterFits({ ...ADAPTER, loraB: ADAPTER.loraB.with(3, NaN) }, HEAD), false);
  assert.throws(() => adaptIous(new Float32Array(4), new Float32Array(2), ADAPTER), RangeError);
  assert.throws(() => adaptIous(new Float32Array(3), FEATURES, ADAPTER), RangeError);
});

/** Candidate c fills the image's first 4 + 4c columns; the model believes in candidate 1. */
function columnsDecoder(iouFeatures: Float32Array): Decoder {
  const logits = new Float32Array(4 * MASK_SIZE * MASK_SIZE);
  for (let i = 0; i < logits.length; i++) {
    const columns = 4 + 4 * Math.floor(i / MASK_SIZE ** 2);
    logits[i] = i % MASK_SIZE < columns ? 4 : -4;
  }
  const ious = Float32Array.of(0.99, 0.8, 0.75, 0.7);
  return {
    ...syntheticDecoder(IMAGE),
    decode: (prompts) => Promise.resolve(prompts.map(() => ({ logits, ious, iouFeatures, count: 4 }))),
  };
}

const rough = maskFromBitmap(new Uint8Array(256).fill(1), 16, 16);
const options = {
  ...PRESETS.official,
  rounds: 2,
  accept: { ...LENIENT, minPredictedIou: 0 },
};

test('with an adapter another candidate is chosen, in every way of refining, and its IoU is the adapted one', async () => {
  const decoder = columnsDecoder(FEATURES);
  for (const refine of [refineMasks, refineSemanticMasks]) {
    const [plain] = await refine([rough], decoder, options);
    assert.ok(plain?.status === 'refined');
    assert.deepEqual(plain.mask.box, { x0: 0, y0: 0, x1: 8, y1: 16 });
    // Plain data: what arrives in a worker works the same.
    const [adapted] = await refine([rough], decoder, { ...options, iouAdapter: structuredClone(ADAPTER) });
    assert.ok(adapted?.status === 'refined');
    assert.deepEqual(adapted.mask.box, { x0: 0, y0: 0, x1: 16, y1: 16 });
    assert.equal(adapted.figures.predictedIou, Math.fround(Math.fround(0.7) + 0.4375));
  }
});

test('a fresh adapter leaves verdicts as they are', async () => {
  const decoder = syntheticDecoder(IMAGE);
  const mask = maskFromBitmap(
    Uint8Array.from({ length: 256 }, (_, i) => Number(i % 16 < 9 && i < 160)),
    16,
    16,
  );
  const fresh = freshAdapter({ rank: 4, features: 4, outputs: 4 }, 0);
  assert.deepEqual(
    await refineMasks([mask], decoder, { ...options, iouAdapter: fresh }),
    await refineMasks([mask], decoder, options),
  );
});

test('features that are not finite fail the mask, an adapter of another model the call', async () => {
  const broken = columnsDecoder(FEATURES.with(1, NaN));
  const [verdict] = await refineMasks([rough], broken, { ...options, iouAdapter: ADAPTER });
  assert.deepEqual(verdict, { status: 'failed', mask: rough, reason: 'decoder-output-not-finite' });
  const foreign = freshAdapter({ rank: 4, features: 256, outputs: 4 }, 0);
  await assert.rejects(
    refineMasks([rough], columnsDecoder(FEATURES), { ...options, iouAdapter: foreign }),
    RangeError,
  );
});
