import assert from 'node:assert/strict';
import test from 'node:test';
import {
  candidateOfMost,
  type CandidateRecord,
  projectOf,
  readRecords,
} from '../../bench/candidate-records.js';
import { chooseLearningRate, LEARNING_RATES } from '../../src/fit/choose-learning-rate.js';
import { learnAdapter, type LearnOutcome, type LearnSettings } from '../../src/fit/learn-adapter.js';
import { FIT_DEFAULTS } from '../../src/refiner/fit.js';
import { SPLIT_DEFAULTS, splitByImage } from '../../src/refiner/image-split.js';

const { records, selectable, ...about } = await readRecords('test/golden/proof-project/candidates.json');

function learn(
  wanted: (record: CandidateRecord) => number,
  settings: LearnSettings = {},
): Promise<LearnOutcome> {
  const examples = projectOf({ ...about, records, selectable }, wanted);
  return learnAdapter({ ...splitByImage(examples, SPLIT_DEFAULTS), selectable }, settings);
}

const smallest = ({ areas }: CandidateRecord): number =>
  candidateOfMost(
    areas.map((area) => -area),
    selectable,
  );
const largest = ({ areas }: CandidateRecord): number => candidateOfMost(areas, selectable);

for (const [name, wanted] of Object.entries({ smallest, largest })) {
  test(`a project that wants the ${name} candidate of real photographs gets it on images not learned from`, async () => {
    const learned = await learn(wanted);
    assert.ok(learned.status === 'accepted');
    const { before, after, images, gainInterval } = learned.figures;
    assert.ok(images >= 40, `${images} held-out images`);
    assert.ok(after.top1Accuracy >= before.top1Accuracy + 0.1, JSON.stringify(learned.figures));
    assert.ok(after.meanIou > before.meanIou);
    assert.ok(gainInterval.low > 0);
  });
}

test('a project in which the model chooses right already is refused', async () => {
  const learned = await learn(({ ious }) => candidateOfMost(ious, selectable));
  assert.ok(learned.status === 'refused');
  assert.deepEqual([learned.stage, learned.reason], ['judge', 'not-better']);
});

test('a learning rate far too high for the features is passed over', async () => {
  const examples = projectOf({ ...about, records, selectable }, smallest);
  const { training } = splitByImage(examples, SPLIT_DEFAULTS);
  const choose = (rates: readonly number[]): Promise<number> =>
    chooseLearningRate(training, selectable, FIT_DEFAULTS, rates);
  const chosen = await choose([1e6, ...LEARNING_RATES]);
  assert.ok(LEARNING_RATES.includes(chosen), String(chosen));
  assert.equal(await choose([0.5]), 0.5);
  assert.equal(await chooseLearningRate([], selectable, FIT_DEFAULTS, LEARNING_RATES), LEARNING_RATES[0]);
});
