import assert from 'node:assert/strict';
import test from 'node:test';
import { PRESETS } from '../../src/refiner/presets.js';

test('the presets differ in what the paper and its code do differently', () => {
  const { official, paper } = PRESETS;
  assert.equal(official.rounds, 5);
  assert.equal(paper.rounds, 1);
  assert.deepEqual(official.prompts, {
    ...paper.prompts,
    distance: 'octile',
    falloff: 'depth',
    expandThreshold: null,
    amplitude: 30,
    expandedAmplitude: 1,
  });
  assert.deepEqual(official.accept, paper.accept);
});
