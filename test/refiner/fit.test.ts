import assert from 'node:assert/strict';
import test from 'node:test';
import { FIT_DEFAULTS, fitIouAdapter, type FitProgress } from '../../src/refiner/fit.js';
import { SPLIT_DEFAULTS, splitByImage } from '../../src/refiner/image-split.js';
import type { IouAdapter } from '../../src/refiner/iou-adapter.js';
import type { IouExample } from '../../src/refiner/iou-example.js';
import { JUDGE_DEFAULTS, judgeIouAdapter, type Judgement } from '../../src/refiner/judge.js';
import { SELECTABLE, syntheticProject, type ProjectOptions } from './synthetic-project.js';

const PROJECT: ProjectOptions = { images: 300, masksPerImage: 3, seed: 1, right: () => 3, believed: () => 1 };

async function fitted(examples: readonly IouExample[], options = FIT_DEFAULTS): Promise<IouAdapter> {
  const result = await fitIouAdapter(examples, SELECTABLE, options);
  assert.equal(result.status, 'fitted');
  return result.adapter;
}

async function learn(project: Partial<ProjectOptions>, options = FIT_DEFAULTS): Promise<Judgement> {
  const { training, heldOut } = splitByImage(syntheticProject({ ...PROJECT, ...project }), SPLIT_DEFAULTS);
  return judgeIouAdapter(heldOut, SELECTABLE, await fitted(training, options), JUDGE_DEFAULTS);
}

test('the same examples and seed give the same adapter, another seed another', async () => {
  const examples = syntheticProject({ ...PROJECT, images: 20 });
  const once = await fitted(examples);
  assert.deepEqual(await fitted(examples), once);
  assert.notDeepEqual(await fitted(examples, { ...FIT_DEFAULTS, seed: 1 }), once);
});

test('a project whose right candidate is never the believed one is learned', async (context) => {
  const judgement = await learn({});
  assert.equal(judgement.status, 'accepted');
  const { before, after, gainInterval, bestMeanIou } = judgement.figures;
  context.diagnostic(JSON.stringify(judgement.figures));
  assert.ok(before.top1Accuracy < 0.2);
  assert.ok(after.top1Accuracy >= before.top1Accuracy + 0.1);
  assert.ok(gainInterval.low > 0 && gainInterval.high >= after.meanIou - before.meanIou);
  assert.ok(after.meanIou <= bestMeanIou);
});

test('a project whose right candidate depends on what the IoU head sees is learned', async (context) => {
  const judgement = await learn({ right: (kind) => 2 + kind, believed: (kind) => 3 - kind });
  context.diagnostic(JSON.stringify(judgement.figures));
  assert.equal(judgement.status, 'accepted');
  const { before, after } = judgement.figures;
  assert.ok(before.top1Accuracy < 0.2);
  assert.ok(after.top1Accuracy > 0.8);
});

test('a project in which the model already chooses right is left alone', async (context) => {
  const judgement = await learn({ right: () => 2, believed: () => 2 });
  context.diagnostic(JSON.stringify(judgement.figures));
  assert.equal(judgement.status === 'refused' && judgement.reason, 'not-better');
  assert.equal(judgement.figures?.before.top1Accuracy, 1);
  assert.deepEqual(judgement.figures.after, judgement.figures.before);
});

test('a project in which the right candidate is a matter of luck is refused', async (context) => {
  let draws = 0;
  const judgement = await learn({ right: () => 1 + (draws++ % 3), believed: () => 1 });
  context.diagnostic(JSON.stringify(judgement.figures));
  assert.equal(judgement.status === 'refused' && judgement.reason, 'not-better');
});

test('examples that cannot be learned from are refused with the reason', async () => {
  const good = syntheticProject({ ...PROJECT, images: 4 });
  const [first, ...others] = good;
  assert.ok(first !== undefined);
  const reasonFor = async (
    examples: readonly IouExample[],
    selectable = SELECTABLE,
    options = FIT_DEFAULTS,
  ): Promise<string> => {
    const result = await fitIouAdapter(examples, selectable, options);
    assert.equal(result.status, 'refused');
    return `${result.reason}: ${result.detail}`;
  };
  const changed = (change: Partial<IouExample>): readonly IouExample[] => [
    ...others,
    { ...first, ...change },
  ];
  const spoiled = (values: Float32Array, index: number): Float32Array => values.with(index, NaN);

  assert.equal(await reasonFor([]), 'too-few-examples: expected at least 5, received 0');
  assert.equal(await reasonFor([first]), 'too-few-examples: expected at least 5, received 1');
  assert.equal(
    await reasonFor(changed({ features: spoiled(first.features, 9) })),
    'not-finite: example 11: features',
  );
  assert.equal(
    await reasonFor(changed({ ious: spoiled(first.ious, 2) })),
    'not-finite: example 11: predicted IoUs',
  );
  assert.equal(
    await reasonFor(changed({ trueIous: spoiled(first.trueIous, 3) })),
    'not-finite: example 11: true IoUs',
  );
  assert.equal(
    await reasonFor(changed({ features: new Float32Array(128) })),
    'shapes-differ: example 11: expected 256, 4, 4 numbers, received 128, 4, 4',
  );
  assert.equal(await reasonFor(good, [1]), 'nothing-to-rank: candidates 1 of 4');
  assert.equal(await reasonFor(good, [2, 2]), 'nothing-to-rank: candidates 2, 2 of 4');
  assert.equal(await reasonFor(good, [1, 4]), 'nothing-to-rank: candidates 1, 4 of 4');
  const reckless = { ...FIT_DEFAULTS, learningRate: 1e300 };
  assert.equal(
    await reasonFor(good, SELECTABLE, reckless),
    'diverged: the weights were not finite after 2 steps',
  );
});

test('a candidate that is not selectable may be anything, and its weights stay zero', async () => {
  const examples = syntheticProject({ ...PROJECT, images: 20 }).map((example) => ({
    ...example,
    ious: example.ious.with(0, NaN),
    trueIous: example.trueIous.with(0, NaN),
  }));
  const { loraB, rank } = await fitted(examples);
  assert.deepEqual(loraB.subarray(0, rank), new Float64Array(rank));
  assert.ok(loraB.subarray(rank).every((value) => value !== 0));
});

test('steps are told in order and waited for, and the examples stay as they were', async () => {
  const examples = syntheticProject({ ...PROJECT, images: 9 });
  const before = structuredClone(examples);
  const heard: FitProgress[] = [];
  let waiting = false;
  const result = await fitIouAdapter(
    examples,
    SELECTABLE,
    { ...FIT_DEFAULTS, epochs: 2 },
    {
      onStep: async (progress) => {
        assert.equal(waiting, false);
        waiting = true;
        await Promise.resolve();
        waiting = false;
        heard.push(progress);
      },
    },
  );
  // 27 examples make 5 whole batches an epoch.
  assert.equal(result.status === 'fitted' && result.steps, 10);
  assert.deepEqual(
    heard.map(({ step, steps }) => [step, steps]),
    Array.from({ length: 10 }, (_, i) => [i + 1, 10]),
  );
  assert.ok(heard.every(({ loss }) => loss > 0));
  assert.deepEqual(examples, before);
});

test('aborting rejects with the reason of the signal, before and between steps', async () => {
  const examples = syntheticProject({ ...PROJECT, images: 9 });
  const reason = new Error('enough');
  const isReason = (error: unknown): boolean => error === reason;
  await assert.rejects(
    fitIouAdapter(examples, SELECTABLE, FIT_DEFAULTS, { signal: AbortSignal.abort(reason) }),
    isReason,
  );
  const controller = new AbortController();
  const steps: number[] = [];
  const onStep = ({ step }: FitProgress): void => {
    steps.push(step);
    controller.abort(reason);
  };
  const { signal } = controller;
  await assert.rejects(fitIouAdapter(examples, SELECTABLE, FIT_DEFAULTS, { signal, onStep }), isReason);
  assert.deepEqual(steps, [1]);
});
