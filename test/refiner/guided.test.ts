import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { correctMask } from '../../src/refiner/correct-mask.js';
import type { FramePrompt } from '../../src/refiner/engine.js';
import type { PixelGuidance } from '../../src/refiner/guidance.js';
import { areaPx, emptyMask, maskFromBitmap, pixelAt } from '../../src/refiner/mask.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { refineGuidedMasks, refineMasks } from '../../src/refiner/refine.js';
import type { Mask } from '../../src/refiner/types.js';
import { anyMask } from './any-mask.js';
import { syntheticDecoder } from './synthetic-decoder.js';

const IMAGE = { width: 32, height: 32 };
const OPTIONS = PRESETS.official;

function click(x: number, y: number): PixelGuidance {
  return { positives: [{ x, y }], negatives: [], box: null };
}

function beside(x: number, y: number): PixelGuidance {
  return { positives: [], negatives: [{ x, y }], box: null };
}

function square(x0: number, x1: number): Mask {
  const bitmap = new Uint8Array(32 * 32);
  for (let y = 8; y < 24; y++) bitmap.fill(1, y * 32 + x0, y * 32 + x1);
  return maskFromBitmap(bitmap, 32, 32);
}

test('clicks on a rough mask join its prompts in every round', async () => {
  const runs: (readonly number[])[] = [];
  const decoder = syntheticDecoder(IMAGE, (prompts) => runs.push(...prompts.map(({ labels }) => labels)));
  const rough = square(4, 14);
  const guidance = { ...click(6, 10), negatives: [{ x: 30, y: 30 }] };
  const options = { ...OPTIONS, rounds: 3, accept: { ...OPTIONS.accept, minAgreement: 0 } };
  await refineGuidedMasks([{ mask: rough, guidance }], decoder, options);
  assert.ok(runs.length > 1);
  for (const labels of runs) {
    assert.ok(labels.filter((label) => label === 1).length >= 1);
    assert.ok(labels.includes(0));
  }
  assert.deepEqual(runs[0], [1, 1, 0, 2, 3]);
});

test('the prompts of a mask are those of the mask that the clicks correct', async () => {
  const runs: FramePrompt[] = [];
  const decoder = syntheticDecoder(IMAGE, (prompts) => runs.push(...prompts));
  const options = { ...OPTIONS, rounds: 1 };
  const rough = square(4, 14);
  const guidance = click(20, 16);
  await refineGuidedMasks([{ mask: rough, guidance }], decoder, options);
  await refineMasks([correctMask(rough, guidance)], decoder, options);
  const [guided, corrected] = runs;
  assert.ok(guided && corrected);
  assert.deepEqual(guided.maskLogits, corrected.maskLogits);
  assert.deepEqual(guided.labels, [1, 1, 0, 2, 3]);
  assert.deepEqual([...guided.coords.slice(2, 4)], [40, 32]);
  assert.deepEqual(guided.coords.slice(6), corrected.coords.slice(4), 'the box of the corrected mask');
});

test('a guided box takes the place of that of the mask', async () => {
  const runs: FramePrompt[] = [];
  const decoder = syntheticDecoder(IMAGE, (prompts) => runs.push(...prompts));
  const guidance = { positives: [], negatives: [], box: { x0: 1, y0: 2, x1: 30, y1: 29 } };
  await refineGuidedMasks([{ mask: square(4, 14), guidance }], decoder, { ...OPTIONS, rounds: 1 });
  assert.deepEqual([...(runs[0]?.coords.slice(-4) ?? [])], [2, 4, 60, 58]);
});

test('agreement is asked with the corrected mask, and what is kept is the rough one', async () => {
  const rough = square(0, 4);
  const guidance = { ...click(24, 16), negatives: [] };
  const accept = { ...OPTIONS.accept, minAgreement: 1 };
  const [verdict] = await refineGuidedMasks([{ mask: rough, guidance }], syntheticDecoder(IMAGE), {
    ...OPTIONS,
    rounds: 1,
    accept,
  });
  assert.equal(verdict?.status === 'kept' && verdict.reason, 'disagrees');
  assert.equal(verdict?.mask, rough);
});

test('a click adds or takes away a disc that reaches past the outline of the mask', () => {
  const rough = square(4, 14);
  const more = correctMask(rough, click(15, 16));
  assert.equal(pixelAt(more, 15, 16), 1);
  assert.ok(areaPx(more) > areaPx(rough) && areaPx(more) < areaPx(rough) + 30);
  const less = correctMask(rough, beside(5, 16));
  assert.deepEqual([pixelAt(less, 5, 16), pixelAt(less, 4, 16), pixelAt(less, 9, 16)], [0, 0, 1]);
});

test('clicks that the mask agrees with, and no clicks, leave it as it is', () => {
  const rough = square(4, 14);
  for (const guidance of [click(8, 16), beside(20, 16), { positives: [], negatives: [], box: null }]) {
    assert.equal(correctMask(rough, guidance), rough);
  }
  const nothing = emptyMask(IMAGE);
  assert.equal(correctMask(nothing, click(3, 3)), nothing);
  const dot = maskFromBitmap(Uint8Array.of(0, 1), 2, 1);
  assert.equal(correctMask(dot, beside(1, 0)), dot, 'nothing would be left');
});

test('a corrected mask honours every click unless two lie on one pixel', () => {
  const anyClick = fc.record({ x: fc.nat({ max: 11 }), y: fc.nat({ max: 9 }), positive: fc.boolean() });
  fc.assert(
    fc.property(
      anyMask(),
      fc.uniqueArray(anyClick, { selector: ({ x, y }) => y * 12 + x }),
      (mask, clicks) => {
        const within = clicks.filter(({ x, y }) => x < mask.imageWidth && y < mask.imageHeight);
        const guidance = {
          positives: within.filter(({ positive }) => positive),
          negatives: within.filter(({ positive }) => !positive),
          box: null,
        };
        const corrected = correctMask(mask, guidance);
        if (corrected === mask) return;
        for (const { x, y, positive } of within) assert.equal(pixelAt(corrected, x, y), positive ? 1 : 0);
      },
    ),
  );
});

test('a click pulls the refined mask over and a mask without one is not touched by others', async () => {
  const decoder = syntheticDecoder(IMAGE);
  const prompts = { ...OPTIONS.prompts, useMask: false };
  const accept = { ...OPTIONS.accept, minAgreement: 0 };
  const options = { ...OPTIONS, rounds: 1, prompts, accept };
  const rough = square(4, 14);
  const [alone] = await refineMasks([rough], decoder, options);
  const [guided, beside] = await refineGuidedMasks(
    [
      { mask: rough, guidance: click(28, 28) },
      { mask: rough, guidance: null },
    ],
    decoder,
    options,
  );
  assert.deepEqual(beside, alone);
  assert.ok(guided?.status === 'refined' && pixelAt(guided.mask, 28, 28) === 1);
});
