import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Decoder } from '../../src/refiner/engine.js';
import { frameOf } from '../../src/refiner/frame.js';
import { logitAt } from '../../src/refiner/logit-at.js';
import { areaPx, emptyMask, pixelAt } from '../../src/refiner/mask.js';
import { intersectionArea, iou } from '../../src/refiner/metrics.js';
import type { RefineOptions } from '../../src/refiner/options.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { refineMasks } from '../../src/refiner/refine.js';
import { refineSemanticMasks } from '../../src/refiner/semantic.js';
import { splitThenMerge } from '../../src/refiner/split-merge.js';
import type { Mask } from '../../src/refiner/types.js';
import { unionMasks } from '../../src/refiner/union.js';
import { logitsToMask, upsamplerFor } from '../../src/refiner/upsample.js';
import { masksOfOneImage } from './any-masks.js';
import { maskOf } from './drawn-mask.js';
import { LENIENT } from './lenient.js';
import { syntheticDecoder } from './synthetic-decoder.js';

/** Points alone: the decoder below tells regions by their positive points. */
const POINTS: RefineOptions = {
  prompts: { ...PRESETS.official.prompts, useBox: false, useMask: false, useNegativePoint: false },
  accept: LENIENT,
  iouAdapter: null,
  rounds: 1,
  zoom: false,
  decoderBatch: 8,
};

interface Answer {
  /** Rows of digits, the logits; `.` is −1 and `x` not a number. */
  readonly rows: readonly string[];
  readonly iou?: number;
}

/**
 * A decoder for images of `width × height`, at most `side` each, in which a cell of the logits is a pixel. It answers by
 * the column of the positive point.
 */
function drawnDecoder(width: number, height: number, answers: Readonly<Record<number, Answer>>): Decoder {
  const side = Math.max(width, height);
  return {
    frame: frameOf({ width, height }, side, side),
    features: { channels: 1, height: 1, width: 1, data: new Float32Array(1) },
    selectable: [0],
    pointSlots: null,
    maskAmplitude: null,
    decode: (prompts) =>
      Promise.resolve(
        prompts.map(({ coords }) => {
          const answer = answers[coords[0] ?? NaN];
          assert.ok(answer, `no answer for a point in column ${coords[0]}`);
          const logits = new Float32Array(side * side).fill(-1);
          answer.rows.forEach((row, y) => {
            Array.from(row).forEach((digit, x) => {
              if (digit !== '.') logits[y * side + x] = digit === 'x' ? NaN : Number(digit);
            });
          });
          const ious = Float32Array.of(answer.iou ?? 0.5);
          return { logits, ious, iouFeatures: new Float32Array(0), count: 1 };
        }),
      ),
  };
}

test('a class is the union of its regions, each refined on its own', async () => {
  const rough = maskOf('###.............###', '###.............###', '###.............###');
  const decoder = drawnDecoder(19, 3, {
    0: { rows: ['22.................', '22.................', '22.................'], iou: 0.5 },
    18: { rows: ['................333', '................333', '...................'], iou: 0.75 },
  });
  const [verdict] = await refineSemanticMasks([rough], decoder, POINTS);
  assert.ok(verdict?.status === 'refined');
  assert.deepEqual(verdict.mask, maskOf('##..............###', '##..............###', '##.................'));
  assert.equal(verdict.figures.agreementIou, iou(rough, verdict.mask));
  assert.equal(verdict.figures.predictedIou, 0.625);
});

test('a class without overlaps is what its regions are when refined as plain masks', async () => {
  await fc.assert(
    fc.asyncProperty(masksOfOneImage(1, 1, 24), async ([rough]) => {
      assert.ok(rough);
      const size = { width: rough.imageWidth, height: rough.imageHeight };
      const options = { ...PRESETS.official, accept: LENIENT };
      const [verdict] = await refineSemanticMasks([rough], syntheticDecoder(size), options);
      const regions = await refineMasks(splitThenMerge(rough), syntheticDecoder(size), options);
      assert.ok(verdict);
      const anyRefined = regions.some(({ status }) => status === 'refined');
      assert.equal(verdict.status === 'refined', anyRefined);
      const masks = regions.map(({ mask }) => mask);
      assert.deepEqual(verdict.mask, anyRefined ? unionMasks(masks, size) : rough);
    }),
  );
});

test('refined classes share no pixel with any other, and what is not refined comes back unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(
      masksOfOneImage(1, 5, 24),
      fc.constantFrom(0, 0.3, 0.6),
      async (classes, minAgreement) => {
        const size = { width: classes[0]?.imageWidth ?? 0, height: classes[0]?.imageHeight ?? 0 };
        const options = { ...PRESETS.official, accept: { ...LENIENT, minAgreement } };
        const verdicts = await refineSemanticMasks(classes, syntheticDecoder(size), options);
        assert.equal(verdicts.length, classes.length);
        verdicts.forEach((verdict, i) => {
          if (verdict.status !== 'refined') assert.deepEqual(verdict.mask, classes[i]);
          else assert.ok(areaPx(verdict.mask) > 0);
          verdicts.forEach((other, j) => {
            if (i === j || (verdict.status !== 'refined' && other.status !== 'refined')) return;
            assert.equal(intersectionArea(verdict.mask, other.mask), 0);
          });
        });
      },
    ),
  );
});

test('a pixel that two classes claim goes to the higher logit, at equal logits to the earlier class', async () => {
  const decoder = drawnDecoder(6, 1, { 0: { rows: ['2232..'] }, 5: { rows: ['.31255'] } });
  const left = maskOf('##....');
  const right = maskOf('....##');
  // The positive points lie at the image border, which is not background, so that they are deepest there.
  const verdicts = await refineSemanticMasks([left, right], decoder, POINTS);
  assert.deepEqual(
    verdicts.map(({ mask }) => mask),
    [maskOf('#.##..'), maskOf('.#..##')],
  );
  const swapped = await refineSemanticMasks([right, left], decoder, POINTS);
  assert.deepEqual(
    swapped.map(({ mask }) => mask),
    [maskOf('.#.###'), maskOf('#.#...')],
  );
});

test('a class that was kept holds its pixels against refined ones', async () => {
  const decoder = drawnDecoder(6, 1, { 0: { rows: ['999999'] }, 5: { rows: ['1.....'] } });
  const options = { ...POINTS, accept: { ...LENIENT, minAgreement: 0.2 } };
  const [left, right] = await refineSemanticMasks([maskOf('##....'), maskOf('....##')], decoder, options);
  assert.ok(right?.status === 'kept');
  assert.equal(right.reason, 'disagrees');
  assert.deepEqual(right.mask, maskOf('....##'));
  assert.equal(right.figures?.agreementIou, 0);
  assert.deepEqual(left?.mask, maskOf('####..'));
});

test('a class whose every pixel is claimed more strongly is kept, and the others leave it its rough mask', async () => {
  const decoder = drawnDecoder(6, 1, { 0: { rows: ['999999'] }, 5: { rows: ['....11'] } });
  const [left, right] = await refineSemanticMasks([maskOf('##....'), maskOf('....##')], decoder, POINTS);
  assert.equal(right?.status === 'kept' && right.reason, 'disagrees');
  assert.deepEqual(right?.mask, maskOf('....##'));
  assert.equal(left?.status, 'refined');
  assert.deepEqual(left.mask, maskOf('####..'));
});

test('empty classes and classes of nothing but specks are kept, each with its reason', async () => {
  const decoder = drawnDecoder(12, 1, {});
  const specks = maskOf('##.......##.');
  const verdicts = await refineSemanticMasks([emptyMask({ width: 12, height: 1 }), specks], decoder, POINTS);
  assert.deepEqual(
    verdicts.map((verdict) => (verdict.status === 'kept' ? verdict.reason : null)),
    ['empty', 'too-small'],
  );
  assert.deepEqual(verdicts[1]?.mask, specks);
});

test('a class of which every region failed has failed; one failed region is left as it was', async () => {
  const rough = maskOf(...Array.from({ length: 3 }, () => '####....................####'));
  const broken = { rows: ['xxxx'] };
  const failing = drawnDecoder(28, 3, { 0: broken, 27: broken });
  const [failed] = await refineSemanticMasks([rough], failing, POINTS);
  assert.deepEqual(failed, { status: 'failed', mask: rough, reason: 'decoder-output-not-finite' });

  const halfFailing = drawnDecoder(28, 3, { 0: broken, 27: { rows: [`${'.'.repeat(26)}11`] } });
  const [verdict] = await refineSemanticMasks([rough], halfFailing, POINTS);
  assert.equal(verdict?.status, 'refined');
  const untouched = '####........................';
  assert.deepEqual(verdict.mask, maskOf('####......................##', untouched, untouched));
});

test('an aborted signal rejects with its reason', async () => {
  const decoder = syntheticDecoder({ width: 4, height: 1 });
  await assert.rejects(
    refineSemanticMasks([maskOf('##..')], decoder, POINTS, AbortSignal.abort(new Error('stop'))),
    /stop/,
  );
});

test('the logit at a pixel has the sign of the mask that is cut from the logits', () => {
  const side = fc.integer({ min: 1, max: 40 });
  const noise = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(side, side, noise, (width, height, values) => {
      const frame = frameOf({ width, height }, 32, 8);
      const logits = Float32Array.from(values);
      const mask = logitsToMask(logits, frame, 0);
      const upsampler = upsamplerFor(frame);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const logit = logitAt(logits, frame, upsampler, x, y);
          if (Math.abs(logit) > 1e-4) assert.equal(pixelAt(mask, x, y), logit > 0 ? 1 : 0);
        }
      }
    }),
  );
});

test('the same input gives the same verdicts whatever the decoder batch', async () => {
  const mask: Mask = maskOf('#####...........#####', '#####...........#####', '#####...........#####');
  const decoder = syntheticDecoder({ width: 21, height: 3 });
  const options = { ...PRESETS.official, accept: LENIENT };
  const one = await refineSemanticMasks([mask, mask], decoder, { ...options, decoderBatch: 1 });
  const eight = await refineSemanticMasks([mask, mask], decoder, options);
  assert.deepEqual(one, eight);
});
