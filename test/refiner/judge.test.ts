import assert from 'node:assert/strict';
import test from 'node:test';
import { freshAdapter, type IouAdapter } from '../../src/refiner/iou-adapter.js';
import type { IouExample } from '../../src/refiner/iou-example.js';
import { JUDGE_DEFAULTS, judgeIouAdapter, type Judgement } from '../../src/refiner/judge.js';

const SELECTABLE = [1, 2, 3];
/** Adds the only feature to candidate 3's predicted IoU. */
const RAISES_THIRD: IouAdapter = {
  rank: 1,
  features: 1,
  outputs: 4,
  loraA: Float64Array.of(1),
  loraB: Float64Array.of(0, 0, 0, 1),
};

/** The model chooses candidate 1; the adapter candidate 3 where the feature is above 0.1. */
function example(image: string, feature: number, trueIous: readonly number[]): IouExample {
  return {
    image,
    features: Float32Array.of(feature),
    ious: Float32Array.of(0.99, 0.9, 0.7, 0.8),
    trueIous: Float32Array.from(trueIous),
  };
}

function repeated(images: number, make: (image: string) => readonly IouExample[]): readonly IouExample[] {
  return Array.from({ length: images }, (_, i) => make(`image ${i}`)).flat();
}

function judge(examples: readonly IouExample[], options = JUDGE_DEFAULTS): Promise<Judgement> {
  return judgeIouAdapter(examples, SELECTABLE, RAISES_THIRD, options);
}

const better = (image: string): IouExample => example(image, 1, [0, 0.5, 0.25, 0.75]);
const worse = (image: string): IouExample => example(image, 1, [0, 0.75, 0.25, 0.5]);
const untouched = (image: string): IouExample => example(image, 0, [1, 0.25, 0.5, 0.125]);

test('figures count what is chosen before and after among the selectable candidates', async () => {
  const judgement = await judge(repeated(10, (image) => [better(image), untouched(image)]));
  assert.deepEqual(judgement, {
    status: 'accepted',
    figures: {
      examples: 20,
      images: 10,
      changed: 10,
      before: { top1Accuracy: 0, meanIou: 0.375 },
      after: { top1Accuracy: 0.5, meanIou: 0.5 },
      bestMeanIou: 0.625,
      gainInterval: { low: 0.125, high: 0.125 },
    },
  });
});

test('candidates that match equally well are equally right', async () => {
  const alike = (image: string): IouExample => example(image, 1, [0, 0.5, 0.25, 0.5]);
  const judgement = await judge(repeated(10, (image) => [alike(image)]));
  assert.deepEqual(judgement.figures?.before, { top1Accuracy: 1, meanIou: 0.5 });
  assert.deepEqual(judgement.figures.after, judgement.figures.before);
  assert.equal(judgement.figures.changed, 10);
  assert.equal(judgement.status === 'refused' && judgement.reason, 'not-better');
});

test('an adapter that makes it worse, or changes nothing, is refused with the figures', async () => {
  for (const make of [worse, untouched]) {
    const judgement = await judge(repeated(10, (image) => [make(image)]));
    assert.equal(judgement.status === 'refused' && judgement.reason, 'not-better');
    assert.ok(
      judgement.figures !== null && judgement.figures.after.meanIou <= judgement.figures.before.meanIou,
    );
  }
});

test('a gain that may be chance is refused', async () => {
  const images = [
    ...repeated(6, (image) => [better(`good ${image}`)]),
    ...repeated(5, (image) => [worse(image)]),
  ];
  const judgement = await judge(images);
  assert.equal(judgement.status === 'refused' && judgement.reason, 'not-better');
  assert.ok(judgement.figures !== null && judgement.figures.after.meanIou > judgement.figures.before.meanIou);
  assert.ok(judgement.figures.gainInterval.low < 0);
});

test('a gain that chance could leave out is refused, though it never loses', async () => {
  const few = [...repeated(2, (i) => [better(`good ${i}`)]), ...repeated(10, (image) => [untouched(image)])];
  const judgement = await judge(few);
  assert.equal(judgement.figures?.gainInterval.low, 0);
  assert.ok(judgement.figures.after.meanIou > judgement.figures.before.meanIou);
  assert.equal(judgement.status === 'refused' && judgement.reason, 'not-better');
});

test('many masks of one image do not count as many images', async () => {
  const crowd = Array.from({ length: 500 }, () => better('crowd'));
  const judgement = await judge([...crowd, ...repeated(8, (image) => [worse(image)])]);
  assert.equal(judgement.status === 'refused' && judgement.reason, 'too-few-images');
  const wider = await judge([...crowd, ...repeated(9, (image) => [worse(image)])]);
  assert.equal(wider.status === 'refused' && wider.reason, 'not-better');
  assert.ok(wider.figures !== null && wider.figures.after.meanIou > wider.figures.before.meanIou + 0.2);
});

test('the interval depends on the seed alone', async () => {
  const images = [
    ...repeated(30, (image) => [better(`good ${image}`)]),
    ...repeated(9, (image) => [worse(image)]),
  ];
  const once = await judge(images);
  assert.deepEqual(await judge(images), once);
  const few = { ...JUDGE_DEFAULTS, resamples: 50 };
  const seeds = await Promise.all([0, 1, 2, 3].map((seed) => judge(images, { ...few, seed })));
  assert.ok(new Set(seeds.map(({ figures }) => figures?.gainInterval.low)).size > 1);
});

test('what cannot be judged is refused with the reason', async () => {
  const reasonFor = async (
    examples: readonly IouExample[],
    adapter = RAISES_THIRD,
  ): Promise<string | null> => {
    const judgement = await judgeIouAdapter(examples, SELECTABLE, adapter, JUDGE_DEFAULTS);
    assert.equal(judgement.figures, null);
    return judgement.status === 'refused' ? judgement.reason : null;
  };
  const good = repeated(12, (image) => [better(image)]);
  assert.equal(await reasonFor([]), 'too-few-examples');
  assert.equal(await reasonFor(good.slice(0, 1)), 'too-few-images');
  assert.equal(await reasonFor([...good, example('x', NaN, [0, 0, 0, 0])]), 'not-finite');
  assert.equal(await reasonFor([...good, example('x', 1, [0, 0, NaN, 0])]), 'not-finite');
  assert.equal(await reasonFor([...good, example('x', 1, [0, 0])]), 'shapes-differ');
  assert.equal(await reasonFor(good, freshAdapter({ rank: 4, features: 2, outputs: 4 }, 0)), 'does-not-fit');
});

test('aborting rejects with the reason of the signal, between pieces of work', async () => {
  const reason = new Error('enough');
  const controller = new AbortController();
  let pauses = 0;
  const giveWay = (): void => {
    if (++pauses === 5) controller.abort(reason);
  };
  const good = repeated(12, (image) => [better(image)]);
  await assert.rejects(
    judgeIouAdapter(good, SELECTABLE, RAISES_THIRD, JUDGE_DEFAULTS, { signal: controller.signal, giveWay }),
    (error) => error === reason,
  );
  assert.equal(pauses, 5);
});
