import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { RefinerError, type ErrorCode } from '../../src/errors.js';
import { formatCocoCounts, parseCocoCounts } from '../../src/formats/coco-counts.js';
import { decodeCocoRle, encodeCocoRle } from '../../src/formats/coco-rle.js';
import { bitmapOf, bitmaps, tightMask } from '../support/bitmaps.js';
import { readFixture } from '../support/fixtures.js';

interface Vector {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly counts: string;
  readonly uncompressed: readonly number[];
  readonly area: number;
  readonly sha256: string;
}

const { vectors } = JSON.parse(readFixture('coco/rle.json').toString()) as { vectors: readonly Vector[] };

function refusedWith(code: ErrorCode): (error: unknown) => boolean {
  return (error) =>
    error instanceof RefinerError && error.code === code && error.facts.received !== undefined;
}

for (const vector of vectors) {
  test(`pycocotools' code of "${vector.name}" decodes to its pixels and is written again byte for byte`, () => {
    for (const counts of [vector.counts, vector.uncompressed]) {
      const mask = decodeCocoRle(counts, vector.width, vector.height);
      const bitmap = bitmapOf(mask);
      assert.equal(
        mask.data.reduce((sum, value) => sum + value, 0),
        vector.area,
      );
      assert.equal(createHash('sha256').update(bitmap).digest('hex'), vector.sha256);
      assert.equal(encodeCocoRle(mask).counts, vector.counts);
    }
  });
}

test('every mask survives encoding and decoding', () => {
  fc.assert(
    fc.property(bitmaps(), (bitmap) => {
      const mask = tightMask(bitmap);
      const { counts } = encodeCocoRle(mask);
      assert.deepEqual(decodeCocoRle(counts, bitmap.width, bitmap.height), mask);
      assert.deepEqual(decodeCocoRle(parseCocoCounts(counts), bitmap.width, bitmap.height), mask);
    }),
  );
});

test('counts of any size survive the compressed text', () => {
  const counts = fc.array(fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 2 ** 28 })), { maxLength: 30 });
  fc.assert(fc.property(counts, (list) => assert.deepEqual(parseCocoCounts(formatCocoCounts(list)), list)));
});

test('empty runs between others are read', () => {
  const mask = decodeCocoRle([0, 2, 0, 2, 2], 3, 2);
  assert.deepEqual(bitmapOf(mask), Uint8Array.from([1, 1, 0, 1, 1, 0]));
});

test('counts that do not fill the image are refused, too many and too few', () => {
  assert.throws(() => decodeCocoRle([3, 4], 3, 3), refusedWith('RLE_SIZE_MISMATCH'));
  assert.throws(() => decodeCocoRle([3, 4e9], 3, 3), refusedWith('RLE_SIZE_MISMATCH'));
  assert.throws(() => decodeCocoRle('', 3, 3), refusedWith('RLE_SIZE_MISMATCH'));
});

test('counts that cannot be are damaged', () => {
  const broken = [[-1, 10], [1.5, 7.5], [NaN], [Infinity], ['9'] as unknown as number[]];
  for (const counts of broken) assert.throws(() => decodeCocoRle(counts, 3, 3), refusedWith('RLE_INVALID'));
  for (const text of ['o', 'ooooooooo1', ' ', '9~', 'é', 'P', '1NNNN@'])
    assert.throws(() => decodeCocoRle(text, 3, 3), refusedWith('RLE_INVALID'), text);
});

test('absurd sizes are refused before anything is allocated for them', () => {
  for (const [width, height] of [
    [100000, 100000],
    [0, 1],
    [-3, -3],
    [2.5, 2],
    [NaN, 1],
  ] as const) {
    const counts = [width * height];
    assert.throws(() => decodeCocoRle(counts, width, height), refusedWith('RLE_SIZE_MISMATCH'));
  }
});
