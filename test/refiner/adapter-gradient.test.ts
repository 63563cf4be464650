import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { addRankingGradient, zeroGradient } from '../../src/refiner/adapter-gradient.js';
import type { IouAdapter } from '../../src/refiner/iou-adapter.js';

const SELECTABLE = [1, 2, 3];
const NUDGE = 1e-4;
/** Further from a bend of the loss than any nudge of one weight reaches. */
const CLEAR = 1e-2;

const shape = fc.record({ rank: fc.integer({ min: 1, max: 4 }), features: fc.integer({ min: 1, max: 12 }) });

function anyFloats(length: number): fc.Arbitrary<number[]> {
  return fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: length, maxLength: length });
}

const anyCase = shape.chain(({ rank, features }) =>
  fc.record({
    rank: fc.constant(rank),
    loraA: anyFloats(rank * features).map((values) => Float64Array.from(values)),
    loraB: anyFloats(4 * rank).map((values) => Float64Array.from(values)),
    features: anyFloats(features).map((values) => Float32Array.from(values)),
    ious: anyFloats(4).map((values) => Float32Array.from(values)),
    best: fc.constantFrom(...SELECTABLE),
    margin: fc.double({ min: 0, max: 0.5, noNaN: true }),
    weight: fc.double({ min: 0.1, max: 2, noNaN: true }),
  }),
);

/** xᵢ − x_best + margin of every other selectable candidate, written out from the formula. */
function shortfalls(
  { rank, loraA, loraB }: Pick<IouAdapter, 'rank' | 'loraA' | 'loraB'>,
  {
    features,
    ious,
    best,
    margin,
  }: { features: Float32Array; ious: Float32Array; best: number; margin: number },
): readonly number[] {
  const adapted = [...ious].map((iou, output) => {
    let sum = iou;
    for (let r = 0; r < rank; r++) {
      features.forEach((h, f) => {
        sum += (loraB[output * rank + r] ?? NaN) * (loraA[r * features.length + f] ?? NaN) * h;
      });
    }
    return sum;
  });
  return SELECTABLE.filter((other) => other !== best).map(
    (other) => (adapted[other] ?? NaN) - (adapted[best] ?? NaN) + margin,
  );
}

test('the gradient is the slope that finite differences find', () => {
  fc.assert(
    fc.property(anyCase, (given) => {
      const { rank, loraA, loraB, features, ious, best, margin, weight } = given;
      const adapter: IouAdapter = { rank, features: features.length, outputs: 4, loraA, loraB };
      fc.pre(shortfalls(given, given).every((value) => Math.abs(value) > CLEAR));
      const lossNow = (): number =>
        weight * shortfalls(adapter, given).reduce((sum, value) => sum + Math.max(0, value), 0);

      const gradient = zeroGradient(adapter);
      const how = { selectable: SELECTABLE, margin, weight };
      const loss = addRankingGradient({ features, ious }, best, adapter, how, gradient);
      assert.ok(Math.abs(loss - lossNow()) < 1e-12);
      for (const name of ['loraA', 'loraB'] as const) {
        adapter[name].forEach((value, i) => {
          adapter[name][i] = value + NUDGE;
          const above = lossNow();
          adapter[name][i] = value - NUDGE;
          const below = lossNow();
          adapter[name][i] = value;
          const slope = (above - below) / (2 * NUDGE);
          assert.ok(Math.abs(slope - (gradient[name][i] ?? NaN)) < 1e-9, `${name}[${i}]`);
        });
      }
    }),
    { numRuns: 100 },
  );
});

test('a lead of more than the margin costs nothing and pulls at nothing', () => {
  const adapter: IouAdapter = {
    rank: 1,
    features: 1,
    outputs: 4,
    loraA: Float64Array.of(1),
    loraB: Float64Array.of(1, 1, 1, 1),
  };
  const gradient = zeroGradient(adapter);
  const example = { features: Float32Array.of(1), ious: Float32Array.of(5, 0.5, 0.9, 0.5) };
  const how = { selectable: SELECTABLE, margin: 0.02, weight: 1 };
  assert.equal(addRankingGradient(example, 2, adapter, how, gradient), 0);
  assert.deepEqual(gradient, zeroGradient(adapter));
});
