import assert from 'node:assert/strict';
import test from 'node:test';
import { addRankingGradient, zeroGradient } from '../../src/refiner/adapter-gradient.js';
import { firstGreatest } from '../../src/refiner/first-greatest.js';
import { FIT_DEFAULTS, fitIouAdapter, type FitProgress } from '../../src/refiner/fit.js';
import { freshAdapter } from '../../src/refiner/iou-adapter.js';
import { rankingLoss } from '../../src/refiner/ranking-loss.js';
import {
  goldenExamples,
  goldenLoraB,
  OUTPUTS,
  RANK,
  readIouAdapterVectors,
  SELECTABLE,
} from './golden-examples.js';

const vectors = readIouAdapterVectors();

/** Greatest difference, relative to the greatest number expected. */
function deviation(actual: ArrayLike<number>, expected: readonly number[]): number {
  assert.equal(actual.length, expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs((actual[i] ?? NaN) - value))) / scale;
}

for (const vector of vectors.gradients) {
  test(`loss and gradients are those of PyTorch: ${vector.name}`, (context) => {
    const { features, seed, margin, expected } = vector;
    const fresh = freshAdapter({ rank: RANK, features, outputs: OUTPUTS }, seed);
    const adapter = { ...fresh, loraB: goldenLoraB(vector) };
    const gradient = zeroGradient(adapter);
    const how = { selectable: SELECTABLE, margin, weight: 1 / vector.examples };
    let loss = 0;
    for (const example of goldenExamples(vector)) {
      const best = firstGreatest(example.trueIous, SELECTABLE);
      assert.ok(best !== null);
      loss += addRankingGradient(example, best, adapter, how, gradient);
    }
    const deviations = {
      loss: Math.abs(loss - expected.loss) / expected.loss,
      loraA: deviation(gradient.loraA, expected.loraA),
      loraB: deviation(gradient.loraB, expected.loraB),
    };
    context.diagnostic(`relative deviations ${JSON.stringify(deviations)}`);
    for (const value of Object.values(deviations)) assert.ok(value < 1e-12, JSON.stringify(deviations));
  });
}

test('where the lead is exactly the margin the slope is that of PyTorch', () => {
  const { ious, best, margin, loss, slopes } = vectors.edge;
  const actual = rankingLoss(Float64Array.from(ious), best, { selectable: SELECTABLE, margin });
  assert.equal(actual.loss, loss);
  assert.deepEqual([...actual.slopes], slopes);
});

for (const vector of vectors.trainings) {
  test(`training ends with the weights of PyTorch: ${vector.name}`, async (context) => {
    const progress: FitProgress[] = [];
    const options = { ...FIT_DEFAULTS, ...vector.options, seed: vector.seed };
    const result = await fitIouAdapter(goldenExamples(vector), SELECTABLE, options, {
      onStep: (step) => void progress.push(step),
    });
    assert.equal(result.status, 'fitted');
    for (const [kind, limit] of [['float64', 1e-10] as const, ['float32', 1e-4] as const]) {
      const expected = vector[kind];
      assert.equal(result.steps, expected.losses.length);
      const rates = progress.map(({ learningRate }) => learningRate);
      const deviations = {
        learningRate: deviation(rates, expected.learningRates),
        losses: deviation(
          progress.map(({ loss }) => loss),
          expected.losses,
        ),
        loraA: deviation(result.adapter.loraA, expected.loraA),
        loraB: deviation(result.adapter.loraB, expected.loraB),
      };
      context.diagnostic(`${result.steps} steps, ${kind}: relative deviations ${JSON.stringify(deviations)}`);
      for (const value of Object.values(deviations)) assert.ok(value < limit, JSON.stringify(deviations));
    }
  });
}

test('the trainings compared with PyTorch reach every learning rate of the official schedule', () => {
  const official = vectors.trainings.at(-1);
  assert.deepEqual(
    official?.float64.learningRates.map((rate) => Number(rate.toPrecision(12))),
    [...Array<number>(60).fill(0.01), ...Array<number>(40).fill(0.001), ...Array<number>(17).fill(0.0001)],
  );
});
