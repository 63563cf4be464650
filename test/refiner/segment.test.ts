import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Candidates, Decoder, FramePrompt } from '../../src/refiner/engine.js';
import type { PixelGuidance } from '../../src/refiner/guidance.js';
import { areaPx } from '../../src/refiner/mask.js';
import { guessShapes } from '../../src/refiner/guess-shapes.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { segment } from '../../src/refiner/segment.js';
import { MASK_SIZE, syntheticDecoder } from './synthetic-decoder.js';

const IMAGE = { width: 32, height: 32 };
const OPTIONS = PRESETS.official;

const anyPoint = fc.record({ x: fc.nat({ max: 31 }), y: fc.nat({ max: 31 }) });
const anyBox = fc.tuple(anyPoint, anyPoint).map(([a, b]) => ({
  x0: Math.min(a.x, b.x),
  y0: Math.min(a.y, b.y),
  x1: Math.max(a.x, b.x),
  y1: Math.max(a.y, b.y),
}));
const anyGuidance: fc.Arbitrary<PixelGuidance> = fc
  .record({
    positives: fc.array(anyPoint, { maxLength: 4 }),
    negatives: fc.array(anyPoint, { maxLength: 3 }),
    box: fc.option(anyBox),
  })
  .filter(({ positives, box }) => positives.length > 0 || box !== null);

function click(x: number, y: number): PixelGuidance {
  return { positives: [{ x, y }], negatives: [], box: null };
}

/** Answers every prompt with flat logits and a predicted IoU. */
function scripted(answer: (prompt: FramePrompt) => { logit: number; iou: number }): Decoder {
  return {
    ...syntheticDecoder(IMAGE),
    selectable: [0],
    decode: (prompts) =>
      Promise.resolve(
        prompts.map((prompt): Candidates => {
          const { logit, iou } = answer(prompt);
          const logits = new Float32Array(MASK_SIZE * MASK_SIZE).fill(logit);
          return { logits, ious: Float32Array.of(iou), iouFeatures: new Float32Array(0), count: 1 };
        }),
      ),
  };
}

test('neither the order of what is pointed at nor the size of the batches changes a verdict', async () => {
  const inputs = fc
    .array(anyGuidance, { minLength: 1, maxLength: 7 })
    .chain((guidances) =>
      fc.tuple(
        fc.constant(guidances),
        fc.shuffledSubarray([...guidances.keys()], { minLength: guidances.length }),
        fc.constantFrom(null, 4),
        fc.constantFrom(null, 30),
      ),
    );
  await fc.assert(
    fc.asyncProperty(inputs, async ([guidances, order, pointSlots, maskAmplitude]) => {
      const decoder = { ...syntheticDecoder(IMAGE), pointSlots, maskAmplitude };
      const expected = await segment(guidances, decoder, { ...OPTIONS, decoderBatch: 3 });
      for (const decoderBatch of [1, 8]) {
        assert.deepEqual(await segment(guidances, decoder, { ...OPTIONS, decoderBatch }), expected);
      }
      const reordered = order.flatMap((i) => guidances.slice(i, i + 1));
      assert.deepEqual(
        await segment(reordered, decoder, OPTIONS),
        order.map((i) => expected[i]),
      );
    }),
    { numRuns: 40 },
  );
});

test('a model that takes any number of points is given all of them, once, without a mask', async () => {
  const seen: FramePrompt[] = [];
  const guidance: PixelGuidance = {
    positives: [
      { x: 3, y: 4 },
      { x: 10, y: 4 },
    ],
    negatives: [{ x: 20, y: 20 }],
    box: { x0: 1, y0: 2, x1: 14, y1: 9 },
  };
  const decoder = syntheticDecoder(IMAGE, (prompts) => seen.push(...prompts));
  await segment([guidance], decoder, OPTIONS);
  assert.deepEqual(
    seen.map(({ labels, maskLogits }) => ({ labels, maskLogits })),
    [{ labels: [1, 1, 0, 2, 3], maskLogits: null }],
  );
  assert.deepEqual(
    [...(seen[0]?.coords ?? [])],
    [3, 4, 10, 4, 20, 20, 1, 2, 14, 9].map((pixel) => pixel * 2),
  );
});

test('a model of four slots is given the newest click of each sign', async () => {
  const seen: FramePrompt[] = [];
  const decoder = { ...syntheticDecoder(IMAGE, (prompts) => seen.push(...prompts)), pointSlots: 4 };
  const guidance = {
    ...click(3, 4),
    negatives: [
      { x: 1, y: 1 },
      { x: 20, y: 20 },
    ],
  };
  await segment([{ ...guidance, positives: [{ x: 9, y: 9 }, ...guidance.positives] }], decoder, OPTIONS);
  assert.deepEqual(seen[0]?.labels, [1, 0, -1, -1]);
  assert.deepEqual([...seen[0].coords], [6, 8, 40, 40, 0, 0, 0, 0]);
});

test('a model taught with masks is asked again with guessed ones only where its answer misses a click', async () => {
  const runs: boolean[][] = [];
  const decoder = {
    ...scripted(({ maskLogits, coords }) => ({
      logit: maskLogits !== null || (coords[0] ?? 0) < 20 ? 3 : -3,
      iou: 0.5,
    })),
    maskAmplitude: 30,
  };
  const counting: Decoder = {
    ...decoder,
    decode: (prompts) => {
      runs.push(prompts.map(({ maskLogits }) => maskLogits !== null));
      return decoder.decode(prompts);
    },
  };
  const verdicts = await segment([click(4, 4), click(25, 25)], counting, OPTIONS);
  const guesses = guessShapes(click(25, 25), IMAGE).map(() => true);
  const refining = [true, true];
  assert.deepEqual(runs, [[false, false], guesses, refining]);
  for (const verdict of verdicts) {
    assert.equal(verdict.status, 'refined');
    assert.deepEqual(verdict.figures, { agreementIou: 1, predictedIou: 0.5, stability: 1, rounds: 2 });
  }
});

/** Finds the upper left quarter at first; of a mask it makes one of the first `rows` rows of cells. */
function growing(rows: number): Decoder {
  return {
    ...syntheticDecoder(IMAGE),
    selectable: [0],
    maskAmplitude: 30,
    decode: (prompts) =>
      Promise.resolve(
        prompts.map(({ maskLogits }): Candidates => {
          const logits = Float32Array.from({ length: MASK_SIZE * MASK_SIZE }, (_, cell) => {
            const [x, y] = [cell % MASK_SIZE, Math.floor(cell / MASK_SIZE)];
            const isSet = maskLogits === null ? x < MASK_SIZE / 2 && y < MASK_SIZE / 2 : y < rows;
            return isSet ? 3 : -3;
          });
          return { logits, ious: Float32Array.of(0.5), iouFeatures: new Float32Array(0), count: 1 };
        }),
      ),
  };
}

test('what clicks find is refined further, unless that fits less of them', async () => {
  const areaOf = async (rows: number, guidance: PixelGuidance): Promise<number> => {
    const [verdict] = await segment([guidance], growing(rows), OPTIONS);
    assert.ok(verdict);
    return areaPx(verdict.mask);
  };
  const [quarter, whole] = [16 * 16, 32 * 32];
  assert.equal(await areaOf(MASK_SIZE, click(4, 12)), whole);
  assert.equal(await areaOf(0, click(4, 12)), quarter);
  assert.equal(await areaOf(3, click(4, 12)), quarter, 'the click is missed');
  assert.equal(await areaOf(MASK_SIZE, { ...click(4, 12), negatives: [{ x: 30, y: 30 }] }), quarter);
});

test('a model that knows no masks but its own is asked once', async () => {
  let runs = 0;
  const decoder = { ...growing(MASK_SIZE), maskAmplitude: null };
  const counting: Decoder = {
    ...decoder,
    decode: (prompts) => {
      runs++;
      return decoder.decode(prompts);
    },
  };
  await segment([click(4, 12)], counting, OPTIONS);
  assert.equal(runs, 1);
});

test('of equally fitting answers the one with the greatest predicted IoU is taken', async () => {
  let prompts = 0;
  const decoder = {
    ...scripted(({ maskLogits }) => {
      prompts++;
      return maskLogits === null ? { logit: -3, iou: 1 } : { logit: 3, iou: 0.25 * prompts };
    }),
    maskAmplitude: 30,
  };
  const [verdict] = await segment([click(4, 4)], decoder, OPTIONS);
  assert.equal(verdict?.status === 'refined' && verdict.figures.predictedIou, 0.25 * prompts);
});

test('the answers to a box with and without a guessed mask are averaged', async () => {
  const box = { positives: [], negatives: [], box: { x0: 0, y0: 0, x1: 31, y1: 31 } };
  const answering = (guessed: number): Decoder => ({
    ...scripted(({ maskLogits }) =>
      maskLogits === null ? { logit: -2, iou: 0.75 } : { logit: guessed, iou: 0.25 },
    ),
    maskAmplitude: 30,
  });
  const [more] = await segment([box], answering(3), OPTIONS);
  assert.equal(more?.status, 'refined');
  const [less] = await segment([box], answering(1), OPTIONS);
  assert.equal(less?.status === 'kept' && less.reason, 'empty');
});

test('where nothing is found the verdict is empty, whatever the limits of acceptance', async () => {
  const [verdict] = await segment(
    [click(4, 4)],
    scripted(() => ({ logit: -3, iou: 0.9 })),
    OPTIONS,
  );
  assert.equal(verdict?.status === 'kept' && verdict.reason, 'empty');
  const strict = {
    ...OPTIONS,
    accept: {
      minAreaPx: 1e9,
      minWidthCells: 1e9,
      minAgreement: 1,
      minPredictedIou: 1,
      minStability: 1,
      dropStrayParts: false,
    },
  };
  const [found] = await segment(
    [click(4, 4)],
    scripted(() => ({ logit: 3, iou: 0.1 })),
    strict,
  );
  assert.equal(found?.status, 'refined');
});

test('an answer that is not finite fails alone', async () => {
  const decoder = scripted(({ coords }) => ({ logit: (coords[0] ?? 0) < 20 ? NaN : 3, iou: 0.9 }));
  const [bad, good] = await segment([click(4, 4), click(20, 20)], decoder, OPTIONS);
  assert.equal(bad?.status === 'failed' && bad.reason, 'decoder-output-not-finite');
  assert.equal(good?.status, 'refined');
});

test('aborting rejects with the reason of the signal', async () => {
  const reason = new Error('enough');
  const isReason = (error: unknown): boolean => error === reason;
  await assert.rejects(
    segment([click(1, 1)], syntheticDecoder(IMAGE), OPTIONS, AbortSignal.abort(reason)),
    isReason,
  );
});

test('guessed shapes hold every click on the object and stay in the box', () => {
  fc.assert(
    fc.property(anyGuidance, ({ positives, negatives, box }) => {
      for (const { x, y, radiusX, radiusY } of guessShapes({ positives, negatives, box }, IMAGE)) {
        assert.ok(radiusX > 0 && radiusY > 0);
        if (box !== null) assert.ok(x - radiusX >= box.x0 && x + radiusX <= box.x1 + 1);
        else
          for (const point of positives) {
            const away = ((point.x + 0.5 - x) / radiusX) ** 2 + ((point.y + 0.5 - y) / radiusY) ** 2;
            assert.ok(away <= 1);
          }
      }
    }),
  );
});
