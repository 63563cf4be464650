import assert from 'node:assert/strict';
import test from 'node:test';
import { frameOf } from '../../src/refiner/frame.js';
import { stabilityScore } from '../../src/refiner/stability.js';

const FRAME = frameOf({ width: 8, height: 4 }, 16, 4);

test('stability is the share of the logits above −1 that are also above +1', () => {
  const logits = new Float32Array(16).fill(-5);
  logits.set([5, 1.5, 0, -0.5, -1, -2, 1, 3]);
  assert.equal(stabilityScore(logits, FRAME), 3 / 6);
});

test('logits in the padding do not count', () => {
  const logits = new Float32Array(16).fill(0);
  logits.fill(5, 0, 8);
  assert.equal(stabilityScore(logits, FRAME), 1);
});

test('logits that are all far below zero are stable', () => {
  assert.equal(stabilityScore(new Float32Array(16).fill(-5), FRAME), 1);
});
