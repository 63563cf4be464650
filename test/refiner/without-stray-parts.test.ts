import assert from 'node:assert/strict';
import test from 'node:test';
import { areaPx, emptyMask } from '../../src/refiner/mask.js';
import { withoutStrayParts } from '../../src/refiner/without-stray-parts.js';
import { squares } from './squares.js';

test('parts that touch what was said stay whole, others go', () => {
  assert.deepEqual(withoutStrayParts(squares(2, 12, 30), squares(15, 33)), squares(12, 30));
});

test('what lies beside a part does not touch it', () => {
  assert.deepEqual(withoutStrayParts(squares(2, 12), squares(6, 12)), squares(12));
});

test('a mask of which all or nothing is meant stays or is empty', () => {
  const mask = squares(2, 12);
  assert.equal(withoutStrayParts(mask, mask), mask);
  assert.equal(areaPx(withoutStrayParts(mask, emptyMask({ width: 40, height: 10 }))), 0);
});
