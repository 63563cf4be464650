import assert from 'node:assert/strict';
import test from 'node:test';
import type { Candidates } from '../../src/refiner/engine.js';
import { selectCandidate } from '../../src/refiner/select.js';

function candidates(ious: readonly number[], logits: readonly number[]): Candidates {
  return {
    ious: Float32Array.from(ious),
    logits: Float32Array.from(logits),
    iouFeatures: new Float32Array(0),
    count: ious.length,
  };
}

test('the selectable candidate of the greatest predicted IoU is chosen, the first among equals', () => {
  const chosen = selectCandidate(
    candidates([0.9, 0.5, 0.75, 0.75], [0, 0, 1, 1, 2, 2, 3, 3]),
    [1, 2, 3],
    null,
  );
  assert.equal(chosen?.predictedIou, 0.75);
  assert.deepEqual(chosen.logits, Float32Array.of(2, 2));
});

test('nothing is chosen when a selectable IoU or a chosen logit is not finite', () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    assert.equal(selectCandidate(candidates([0.5, bad], [0, 1]), [0, 1], null), null);
    assert.equal(selectCandidate(candidates([0.5, 0.6], [0, bad]), [0, 1], null), null);
  }
});

test('what is not selectable or not chosen may be anything', () => {
  assert.equal(selectCandidate(candidates([NaN, 0.5, 0.25], [0, 1, NaN]), [1, 2], null)?.predictedIou, 0.5);
});

test('a candidate that does not exist cannot be chosen', () => {
  assert.equal(selectCandidate(candidates([0.5], [1]), [1], null), null);
  assert.equal(selectCandidate(candidates([0.5], [1]), [], null), null);
});
