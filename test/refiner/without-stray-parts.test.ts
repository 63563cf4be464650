import assert from 'node:assert/strict';
import test from 'node:test';
import { areaPx, emptyMask, maskFromBitmap } from '../../src/refiner/mask.js';
import type { Mask } from '../../src/refiner/types.js';
import { withoutStrayParts } from '../../src/refiner/without-stray-parts.js';

/** A mask of the squares of side 4 whose left corners are given, in an image of 40×10. */
function squares(...lefts: readonly number[]): Mask {
  const bitmap = new Uint8Array(40 * 10);
  for (const left of lefts) {
    for (let y = 2; y < 6; y++) bitmap.fill(1, y * 40 + left, y * 40 + left + 4);
  }
  return maskFromBitmap(bitmap, 40, 10);
}

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
