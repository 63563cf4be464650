import assert from 'node:assert/strict';
import test from 'node:test';
import { emptyMask } from '../../src/refiner/mask.js';
import { partsPointedAt } from '../../src/refiner/parts-pointed-at.js';
import type { Point } from '../../src/refiner/types.js';
import { squares } from './squares.js';

function clicks(...positives: readonly Point[]) {
  return { positives, negatives: [], box: null };
}

test('every part that holds a click stays, others go', () => {
  const guidance = clicks({ x: 13, y: 3 }, { x: 33, y: 5 });
  assert.deepEqual(partsPointedAt(squares(2, 12, 20, 30), guidance), squares(12, 30));
});

test('parts that reach into the box stay whole, with or without a click', () => {
  const box = { x0: 15, y0: 0, x1: 24, y1: 9 };
  assert.deepEqual(
    partsPointedAt(squares(2, 12, 20, 30), { positives: [], negatives: [], box }),
    squares(12, 20),
  );
  const withClick = { ...clicks({ x: 33, y: 3 }), box };
  assert.deepEqual(partsPointedAt(squares(2, 12, 30), withClick), squares(12, 30));
});

test('a mask that holds no click, and one that is empty, stay as they are', () => {
  const mask = squares(2, 12);
  assert.equal(partsPointedAt(mask, clicks({ x: 8, y: 3 })), mask);
  const nothing = emptyMask({ width: 40, height: 10 });
  assert.equal(partsPointedAt(nothing, clicks({ x: 8, y: 3 })), nothing);
});
