/* Against the authors' own programs; see test/golden/refiner/README.md. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { connectedComponents } from '../../src/refiner/components.js';
import { elasticBox } from '../../src/refiner/elastic-box.js';
import type { Candidates, Decoder, FramePrompt } from '../../src/refiner/engine.js';
import { frameOf } from '../../src/refiner/frame.js';
import { maskPrompt } from '../../src/refiner/gaussian-mask.js';
import { isEmpty, maskToBitmap } from '../../src/refiner/mask.js';
import { boundaryIou, intersectionArea, iou, meanBoundaryAccuracy } from '../../src/refiner/metrics.js';
import type { RefineOptions } from '../../src/refiner/options.js';
import { guidePoints } from '../../src/refiner/points.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { refineMasks } from '../../src/refiner/refine.js';
import { splitThenMerge } from '../../src/refiner/split-merge.js';
import type { Frame, Mask } from '../../src/refiner/types.js';
import type { GuideVector, PromptVector } from './golden-vectors.js';
import { goldenFeatures, readGoldenVectors, unpackBits, unpackFloats } from './golden-vectors.js';
import { unpackLabels, unpackMask } from './golden-vectors.js';

const INPUT_SIZE = 1024;
const MASK_SIZE = 256;
const PROMPT_TOLERANCE = 1e-3;
const MARGIN = 0.1;

const vectors = readGoldenVectors();
const features = goldenFeatures();
const filled = vectors.guides
  .map((vector) => ({ vector, mask: unpackMask(vector.mask, vector) }))
  .filter(({ mask }) => !isEmpty(mask));

function frameFor(vector: { readonly width: number; readonly height: number }): Frame {
  return frameOf({ width: vector.width, height: vector.height }, INPUT_SIZE, MASK_SIZE);
}

/** Where the official code looks for the negative point: the tight box without its last row and column. */
function hasNegativeCandidate(mask: Mask): boolean {
  const { x0, y0, x1, y1 } = mask.box;
  for (let y = y0; y < y1 - 1; y++) {
    const row = (y - y0) * (x1 - x0);
    if (mask.data.subarray(row, row + x1 - x0 - 1).includes(0)) return true;
  }
  return false;
}

function promptOf(mask: Mask, vector: GuideVector, expanded: boolean): Float32Array {
  const points = guidePoints(mask, { distance: 'octile', useNegativePoint: true });
  const options = { falloff: 'depth', amplitude: expanded ? 1 : 30, spread: 4 } as const;
  return maskPrompt(mask, points, frameFor(vector), options);
}

function assertSamePrompt(ours: Float32Array, official: PromptVector, name: string): void {
  assert.deepEqual(
    ours.map((logit) => (logit > 0 ? 1 : 0)),
    Float32Array.from(unpackBits(official.positive, ours.length)),
    `signs of ${name}`,
  );
  const worst = unpackFloats(official.values).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (ours[i * official.step] ?? NaN))),
    0,
  );
  assert.ok(worst <= PROMPT_TOLERANCE, `${name} differs by ${worst}`);
  const sum = ours.reduce((total, value) => total + value, 0);
  assert.ok(Math.abs(sum - official.sum) <= PROMPT_TOLERANCE * ours.length, `sum of ${name}`);
}

test('the vectors cover at least 60 masks, of which some grow and some do not', () => {
  assert.ok(vectors.guides.length >= 60);
  assert.ok(vectors.guides.filter(({ expanded }) => expanded).length >= 10);
  assert.ok(vectors.guides.filter(({ expanded }) => !expanded).length >= 10);
});

test('positive points are those of the official code', () => {
  for (const { vector, mask } of filled) {
    const { positive } = guidePoints(mask, { distance: 'octile', useNegativePoint: true });
    assert.deepEqual([positive.x, positive.y], vector.positive, vector.name);
  }
});

test('negative points are those of the official code wherever it finds background', () => {
  let compared = 0;
  for (const { vector, mask } of filled) {
    if (!hasNegativeCandidate(mask)) continue;
    const { negative } = guidePoints(mask, { distance: 'octile', useNegativePoint: true });
    assert.deepEqual([negative?.x, negative?.y], vector.negative, vector.name);
    compared++;
  }
  assert.ok(compared >= 50);
});

test('where the official code finds no background and points at the first pixel, there is no negative point', () => {
  const without = filled.filter(({ mask }) => !hasNegativeCandidate(mask));
  assert.ok(without.length >= 5);
  for (const { vector, mask } of without) {
    assert.deepEqual(vector.negative, [0, 0], vector.name);
    assert.equal(guidePoints(mask, { distance: 'octile', useNegativePoint: true }).negative, null);
  }
});

test('tight boxes are those of the official code', () => {
  for (const { vector, mask } of filled) {
    const box = elasticBox(mask, features, frameFor(vector), null);
    assert.deepEqual([box.x0, box.y0, box.x1, box.y1], vector.tightBox, vector.name);
    assert.equal(box.expanded, false);
  }
});

test('elastic boxes grow exactly where those of the official code do', () => {
  for (const { vector, mask } of filled) {
    const box = elasticBox(mask, features, frameFor(vector), MARGIN);
    assert.deepEqual([box.x0, box.y0, box.x1, box.y1], vector.grownBox, vector.name);
    assert.equal(box.expanded, vector.expanded, vector.name);
  }
});

test('mask prompts have the signs of the official code and its logits within a thousandth', () => {
  for (const { vector, mask } of filled) {
    assertSamePrompt(promptOf(mask, vector, false), vector.prompt, vector.name);
    if (vector.promptOfGrown) {
      assertSamePrompt(promptOf(mask, vector, true), vector.promptOfGrown, `${vector.name}, grown`);
    }
  }
});

test('an empty mask, which the official code prompts at the first pixel, is kept without a decoder run', async () => {
  const vector = vectors.guides.find(({ name }) => name === 'empty');
  assert.ok(vector);
  assert.deepEqual([...vector.positive, ...vector.negative], [0, 0, 0, 0]);
  const recorder = recordingDecoder(frameFor(vector));
  const [verdict] = await refineMasks([unpackMask(vector.mask, vector)], recorder.decoder, PRESETS.official);
  assert.equal(verdict?.status === 'kept' && verdict.reason, 'empty');
  assert.deepEqual(recorder.prompts, []);
});

test('a mask speaks as loudly as its own box says, where the official code lets the last of the batch decide', async () => {
  const options: RefineOptions = {
    ...PRESETS.official,
    prompts: { ...PRESETS.official.prompts, expandThreshold: MARGIN },
    rounds: 1,
  };
  assert.equal(vectors.batches.length, 2);
  for (const batch of vectors.batches) {
    const recorder = recordingDecoder(frameFor(batch));
    await refineMasks(
      batch.masks.map((mask) => unpackMask(mask, batch)),
      recorder.decoder,
      options,
    );
    const peaks = recorder.prompts.map(({ maskLogits }) =>
      (maskLogits ?? new Float32Array()).reduce((most, logit) => Math.max(most, Math.abs(logit)), 0),
    );
    assert.deepEqual(
      peaks,
      batch.expanded.map((expanded) => (expanded ? 1 : 30)),
    );
    const last = batch.expanded.at(-1) === true ? 1 : 30;
    assert.deepEqual(batch.peaks, [last, last], 'the official code differs on one of the two');
  }
});

test('regions are split and merged as in the official code, in the same order', () => {
  for (const vector of vectors.merges) {
    const mask = unpackMask(vector.mask, vector);
    assert.equal(connectedComponents(mask).length, vector.components, vector.name);
    const regions = splitThenMerge(mask);
    assert.equal(regions.length, vector.regions, vector.name);
    const labels = new Uint16Array(vector.width * vector.height);
    regions.forEach((region, k) => {
      maskToBitmap(region).forEach((value, i) => {
        if (value === 1) labels[i] = k + 1;
      });
    });
    assert.deepEqual(labels, unpackLabels(vector.labels), vector.name);
  }
});

test('the merge vectors hold masks whose regions merge and masks whose regions do not', () => {
  const several = vectors.merges.filter(({ components }) => components > 1);
  assert.ok(several.some(({ components, regions }) => regions > 1 && regions < components));
  assert.ok(several.filter(({ regions }) => regions > 3).length >= 5);
});

test('IoU, boundary IoU and mean boundary accuracy are those of the original definitions', () => {
  for (const vector of vectors.metrics) {
    const truth = unpackMask(vector.truth, vector);
    const predicted = unpackMask(vector.predicted, vector);
    assert.equal(intersectionArea(predicted, truth), vector.intersection, vector.name);
    if (vector.union > 0)
      assert.equal(iou(predicted, truth), vector.intersection / vector.union, vector.name);
    assertClose(boundaryIou(predicted, truth), vector.boundaryIou ?? 1, vector.name);
    assertClose(boundaryIou(predicted, truth, 0.1), vector.boundaryIouWide ?? 1, vector.name);
    const accuracy = meanBoundaryAccuracy(predicted, truth);
    if (vector.meanBoundaryAccuracy === null) assert.equal(accuracy, null, vector.name);
    else assertClose(accuracy ?? NaN, vector.meanBoundaryAccuracy, vector.name);
  }
});

function assertClose(actual: number, expected: number, name: string): void {
  assert.ok(Math.abs(actual - expected) <= 1e-12, `${name}: ${actual} is not ${expected}`);
}

/** Notes the prompts and answers with logits below the threshold everywhere. */
function recordingDecoder(frame: Frame): { decoder: Decoder; prompts: FramePrompt[] } {
  const prompts: FramePrompt[] = [];
  const nothing: Candidates = {
    logits: new Float32Array(4 * frame.maskSize ** 2).fill(-1),
    ious: new Float32Array(4),
    iouFeatures: new Float32Array(0),
    count: 4,
  };
  const decode = (batch: readonly FramePrompt[]): Promise<readonly Candidates[]> => {
    prompts.push(...batch);
    return Promise.resolve(batch.map(() => nothing));
  };
  return {
    decoder: { frame, features, selectable: [1, 2, 3], pointSlots: null, maskAmplitude: null, decode },
    prompts,
  };
}
