/* eslint-disable @typescript-eslint/no-non-null-assertion -- the indices are in bounds by construction */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { randomBelow, seededRandom, shuffledIndices } from '../../src/refiner/seeded-random.js';

function numbers(count: number, seed: number, stream?: number): readonly number[] {
  const random = seededRandom(seed, stream);
  return Array.from({ length: count }, () => random());
}

test('a sequence depends on seed and stream alone', () => {
  assert.deepEqual(numbers(50, 3), numbers(50, 3, 0));
  const firsts = [0, 1, 2, 585].flatMap((seed) => [0, 1, 2].map((stream) => numbers(1, seed, stream)[0]));
  assert.equal(new Set(firsts).size, firsts.length);
});

test('numbers are uniform in [0, 1)', () => {
  const bins = new Uint32Array(20);
  for (const value of numbers(20_000, 11)) {
    assert.ok(value >= 0 && value < 1);
    bins[Math.floor(value * 20)]! += 1;
  }
  // 5 standard deviations of a bin of 1,000.
  for (const count of bins) assert.ok(Math.abs(count - 1000) < 160, `${count}`);
});

test('shuffling keeps every index once and puts each anywhere', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), fc.integer(), (count, seed) => {
      const order = shuffledIndices(count, seededRandom(seed));
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        Array.from({ length: count }, (_, i) => i),
      );
    }),
  );
  const random = seededRandom(5);
  const places = new Uint32Array(5);
  for (let i = 0; i < 5000; i++) places[shuffledIndices(5, random).indexOf(0)]! += 1;
  for (const count of places) assert.ok(Math.abs(count - 1000) < 160, `${count}`);
});

test('a whole number below a bound never reaches it', () => {
  assert.equal(
    randomBelow(3, () => 1 - 2 ** -32),
    2,
  );
  assert.equal(
    randomBelow(1, () => 0.99),
    0,
  );
});
