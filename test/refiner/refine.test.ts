import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Candidates, Decoder, FramePrompt } from '../../src/refiner/engine.js';
import { areaPx, emptyMask, maskFromBitmap } from '../../src/refiner/mask.js';
import { iou } from '../../src/refiner/metrics.js';
import type { RefineOptions } from '../../src/refiner/options.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { refineMasks, refineMasksKeepingLogits } from '../../src/refiner/refine.js';
import type { Mask, Size } from '../../src/refiner/types.js';
import { logitsToMask } from '../../src/refiner/upsample.js';
import { LENIENT } from './lenient.js';
import { MASK_SIZE, syntheticDecoder } from './synthetic-decoder.js';

const IMAGE = { width: 30, height: 22 };

function options(changes: Partial<RefineOptions> = {}): RefineOptions {
  return { ...PRESETS.official, accept: LENIENT, ...changes };
}

function rectangle(x0: number, y0: number, x1: number, y1: number, image: Size = IMAGE): Mask {
  const bitmap = new Uint8Array(image.width * image.height);
  for (let y = y0; y < y1; y++) bitmap.fill(1, y * image.width + x0, y * image.width + x1);
  return maskFromBitmap(bitmap, image.width, image.height);
}

const anyRectangle = fc
  .tuple(
    fc.integer({ min: 0, max: 29 }),
    fc.integer({ min: 0, max: 21 }),
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 22 }),
  )
  .map(([x, y, w, h]): Mask => rectangle(x, y, Math.min(30, x + w), Math.min(22, y + h)));

/** With a hole in its middle, so that some masks have a negative point and others have none. */
const anyRing = anyRectangle.map((mask): Mask => {
  const { x0, y0, x1, y1 } = mask.box;
  const data = mask.data.slice();
  if (x1 - x0 > 2 && y1 - y0 > 2) data[(x1 - x0) * ((y1 - y0) >> 1) + ((x1 - x0) >> 1)] = 0;
  return { ...mask, data };
});

const anyMasks = fc.array(fc.oneof(anyRectangle, anyRing, fc.constant(emptyMask(IMAGE))), {
  minLength: 1,
  maxLength: 8,
});

const anyPromptOptions = fc.constantFrom(
  PRESETS.official.prompts,
  PRESETS.paper.prompts,
  { ...PRESETS.official.prompts, useBox: false, useMask: false },
  { ...PRESETS.official.prompts, usePoints: false, useMask: false },
  { ...PRESETS.official.prompts, usePoints: false, useBox: false },
);

/** A decoder whose answer to each prompt is given. */
function scripted(
  answer: (prompt: FramePrompt, call: number) => { logits: Float32Array; iou: number },
): Decoder {
  let call = 0;
  return {
    ...syntheticDecoder(IMAGE),
    selectable: [0],
    decode: (prompts) => {
      call++;
      return Promise.resolve(
        prompts.map((prompt): Candidates => {
          const { logits, iou: predicted } = answer(prompt, call);
          return { logits, ious: Float32Array.of(predicted), iouFeatures: new Float32Array(0), count: 1 };
        }),
      );
    },
  };
}

function flat(value: number): Float32Array {
  return new Float32Array(MASK_SIZE * MASK_SIZE).fill(value);
}

test('neither the order of the masks nor the size of the batches changes a verdict', async () => {
  const inputs = anyMasks.chain((masks) =>
    fc.record({
      masks: fc.constant(masks),
      order: fc.shuffledSubarray(
        masks.map((_, i) => i),
        { minLength: masks.length },
      ),
      prompts: anyPromptOptions,
    }),
  );
  await fc.assert(
    fc.asyncProperty(inputs, async ({ masks, order, prompts }) => {
      const decoder = syntheticDecoder(IMAGE);
      const chosen = options({ prompts, rounds: 3, decoderBatch: 3 });
      const expected = await refineMasks(masks, decoder, chosen);
      for (const decoderBatch of [1, 8]) {
        assert.deepEqual(await refineMasks(masks, decoder, { ...chosen, decoderBatch }), expected);
      }
      const reordered = order.flatMap((i) => masks.slice(i, i + 1));
      assert.deepEqual(
        await refineMasks(reordered, decoder, chosen),
        order.map((i) => expected[i]),
      );
      const slotted = { ...decoder, pointSlots: 4 };
      assert.deepEqual(await refineMasks(masks, slotted, chosen), expected);
    }),
    { numRuns: 60 },
  );
});

test('one decoder run never mixes point counts nor exceeds the batch', async () => {
  await fc.assert(
    fc.asyncProperty(anyMasks, anyPromptOptions, async (masks, prompts) => {
      const decoder = syntheticDecoder(IMAGE, (run) => {
        assert.ok(run.length <= 3);
        assert.equal(new Set(run.map(({ labels }) => labels.length)).size, 1);
        for (const { coords, labels } of run) assert.equal(coords.length, 2 * labels.length);
      });
      const verdicts = await refineMasks(masks, decoder, options({ prompts, decoderBatch: 3 }));
      assert.equal(verdicts.length, masks.length);
    }),
    { numRuns: 60 },
  );
});

test('leaving early gives the mask that all rounds give', async () => {
  await fc.assert(
    fc.asyncProperty(anyRing, async (mask) => {
      let byHand = mask;
      let last = 0;
      for (let round = 1; round <= 6 && areaPx(byHand) > 0; round++) {
        const [verdict] = await refineMasks([byHand], syntheticDecoder(IMAGE), options({ rounds: 1 }));
        byHand = verdict?.status === 'refined' ? verdict.mask : emptyMask(IMAGE);
        last = round;
      }
      const [verdict] = await refineMasks([mask], syntheticDecoder(IMAGE), options({ rounds: 6 }));
      assert.ok(verdict !== undefined && verdict.status !== 'failed' && verdict.figures !== null);
      assert.ok(verdict.figures.rounds <= last);
      if (verdict.status === 'refined') assert.deepEqual(verdict.mask, byHand);
      else assert.equal(areaPx(byHand), 0);
    }),
    { numRuns: 60 },
  );
});

test('a mask that a round does not change leaves the loop', async () => {
  let runs = 0;
  const decoder = scripted(() => {
    runs++;
    return { logits: flat(3), iou: 0.8 };
  });
  const [verdict] = await refineMasks([rectangle(2, 2, 20, 20)], decoder, options({ rounds: 5 }));
  assert.equal(runs, 2);
  assert.equal(verdict?.status, 'refined');
  assert.equal(areaPx(verdict.mask), IMAGE.width * IMAGE.height);
  assert.equal(verdict.figures.rounds, 2);
  assert.equal(verdict.figures.stability, 1);
  assert.ok(Math.abs(verdict.figures.predictedIou - 0.8) < 1e-6);
});

test('a mask that comes out empty disagrees and is not prompted again', async () => {
  const rough = rectangle(2, 2, 20, 20);
  const decoder = scripted((_prompt, call) => ({ logits: flat(call === 1 ? 3 : -3), iou: 0.9 }));
  const [verdict] = await refineMasks([rough], decoder, options({ rounds: 5 }));
  assert.equal(verdict?.status === 'kept' && verdict.reason, 'disagrees');
  assert.equal(verdict?.mask, rough);
  assert.equal(verdict.status === 'kept' && verdict.figures?.rounds, 2);
  assert.equal(verdict.status === 'kept' && verdict.figures?.agreementIou, 0);
});

test('agreement is measured against the rough mask, not the round before', async () => {
  const rough = rectangle(0, 0, 15, 22);
  const decoder = scripted(() => ({ logits: flat(3), iou: 0.9 }));
  const accept = { ...LENIENT, minAgreement: 0.6 };
  const [verdict] = await refineMasks([rough], decoder, options({ rounds: 5, accept }));
  assert.equal(verdict?.status === 'kept' && verdict.reason, 'disagrees');
  assert.equal(verdict?.status === 'kept' && verdict.figures?.agreementIou, 0.5);
});

test('a result whose predicted IoU is too low is not taken', async () => {
  const decoder = scripted(() => ({ logits: flat(3), iou: 0.5 }));
  const accept = { ...LENIENT, minPredictedIou: 0.6 };
  const [verdict] = await refineMasks([rectangle(0, 0, 29, 22)], decoder, options({ accept }));
  assert.equal(verdict?.status === 'kept' && verdict.reason, 'low-predicted-iou');
});

test('parts that touch nothing of the rough mask are left out where the options say so', async () => {
  const halves = Float32Array.from({ length: MASK_SIZE * MASK_SIZE }, (_, cell) => {
    const column = cell % MASK_SIZE;
    return column < MASK_SIZE / 4 || (column >= MASK_SIZE / 2 && column < (3 * MASK_SIZE) / 4) ? 3 : -3;
  });
  const decoder = scripted(() => ({ logits: halves, iou: 0.9 }));
  const rough = rectangle(0, 0, 4, 22);
  const areaOf = async (dropStrayParts: boolean): Promise<number> => {
    const accept = { ...LENIENT, dropStrayParts };
    const [verdict] = await refineMasks([rough], decoder, options({ rounds: 1, accept }));
    return verdict ? areaPx(verdict.mask) : 0;
  };
  assert.equal(2 * (await areaOf(true)), await areaOf(false));
});

test('a result whose outline is too unsure is not taken', async () => {
  const slope = Float32Array.from(
    { length: MASK_SIZE * MASK_SIZE },
    (_, cell) => (8 * (cell % MASK_SIZE)) / MASK_SIZE - 4,
  );
  const decoder = scripted(() => ({ logits: slope, iou: 0.9 }));
  const accept = { ...LENIENT, minStability: 0.9 };
  const [verdict] = await refineMasks([rectangle(0, 0, 29, 22)], decoder, options({ accept }));
  assert.equal(verdict?.status === 'kept' && verdict.reason, 'unstable');
});

test('empty and tiny masks are kept without a decoder run', async () => {
  const decoder = scripted(() => assert.fail('nothing to decode'));
  const masks = [emptyMask(IMAGE), rectangle(3, 3, 6, 4)];
  const verdicts = await refineMasks(masks, decoder, options({ accept: { ...LENIENT, minAreaPx: 4 } }));
  assert.deepEqual(verdicts, [
    { status: 'kept', mask: masks[0], reason: 'empty', figures: null },
    { status: 'kept', mask: masks[1], reason: 'too-small', figures: null },
  ]);
});

test('a mask too thin for the cells that the model draws is kept without a decoder run', async () => {
  const fat = rectangle(0, 0, 29, 22);
  const thin = rectangle(0, 0, 29, 3);
  const cellPx = Math.max(IMAGE.width, IMAGE.height) / MASK_SIZE;
  const reasons = async (minWidthCells: number): Promise<readonly string[]> => {
    const accept = { ...LENIENT, minWidthCells };
    const verdicts = await refineMasks([fat, thin], syntheticDecoder(IMAGE), options({ accept }));
    return verdicts.map((verdict) => (verdict.status === 'kept' ? verdict.reason : verdict.status));
  };
  assert.deepEqual(await reasons(6 / cellPx), ['refined', 'too-thin']);
  assert.deepEqual(await reasons(2 / cellPx), ['refined', 'refined']);
});

test('no masks give no verdicts', async () => {
  assert.deepEqual(await refineMasks([], syntheticDecoder(IMAGE), options()), []);
});

test('output that is not finite fails that mask alone', async () => {
  const bad = rectangle(0, 0, 5, 5);
  const decoder = scripted(({ coords }) => ({
    logits: flat((coords[0] ?? 0) < 15 ? NaN : 3),
    iou: 0.9,
  }));
  const masks = [bad, rectangle(10, 2, 30, 22)];
  const verdicts = await refineMasks(masks, decoder, options({ rounds: 1 }));
  assert.deepEqual(verdicts[0], { status: 'failed', mask: bad, reason: 'decoder-output-not-finite' });
  assert.equal(verdicts[1]?.status, 'refined');
});

test('aborting rejects with the reason of the signal, before and between decoder runs', async () => {
  const reason = new Error('enough');
  const masks = [rectangle(0, 0, 9, 9), rectangle(5, 5, 20, 20)];
  const isReason = (error: unknown): boolean => error === reason;
  await assert.rejects(
    refineMasks(masks, syntheticDecoder(IMAGE), options(), AbortSignal.abort(reason)),
    isReason,
  );
  const controller = new AbortController();
  let runs = 0;
  const decoder = syntheticDecoder(IMAGE, () => {
    runs++;
    controller.abort(reason);
  });
  await assert.rejects(
    refineMasks(masks, decoder, options({ decoderBatch: 1 }), controller.signal),
    isReason,
  );
  assert.equal(runs, 1);
});

test('the logits that are kept are those that the mask was cut from', async () => {
  const decoder = syntheticDecoder(IMAGE);
  const masks = [rectangle(2, 2, 20, 14), emptyMask(IMAGE), rectangle(10, 8, 28, 20)];
  const outcomes = await refineMasksKeepingLogits(masks, decoder, options({ rounds: 3 }));
  assert.deepEqual(
    outcomes.map(({ verdict }) => verdict),
    await refineMasks(masks, decoder, options({ rounds: 3 })),
  );
  for (const { verdict, logits } of outcomes) {
    assert.equal(logits !== null, verdict.status === 'refined');
    if (logits !== null) assert.deepEqual(logitsToMask(logits, decoder.frame, 0), verdict.mask);
  }
});

test('figures say how the result relates to the rough mask', async () => {
  const rough = rectangle(2, 2, 20, 14);
  const [verdict] = await refineMasks([rough], syntheticDecoder(IMAGE), options());
  assert.equal(verdict?.status, 'refined');
  assert.equal(verdict.figures.agreementIou, iou(rough, verdict.mask));
  assert.ok(verdict.figures.stability > 0 && verdict.figures.stability <= 1);
});
