import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeCvatMask, encodeCvatMask } from '../../src/formats/cvat-mask.js';
import { maskFromBitmap } from '../../src/refiner/mask.js';
import type { Mask } from '../../src/refiner/types.js';
import { RefinerError } from '../../src/errors.js';
import { bitmapOf, bitmaps, tightMask } from '../support/bitmaps.js';
import { readFixture } from '../support/fixtures.js';
import { refusedWith } from '../support/refusals.js';

interface Vector {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** `#` for foreground. */
  readonly rows?: readonly string[] | null;
  /** Run lengths of the whole image, background first. */
  readonly full_runs?: readonly number[];
  readonly points: readonly number[];
  readonly full_frame_points?: readonly number[];
  readonly browser_points?: readonly number[];
}

const VECTORS = JSON.parse(readFixture('cvat/rle-vectors.json').toString()) as {
  readonly encode: readonly Vector[];
  readonly decode: readonly Vector[];
};

function maskOf({ rows, full_runs: runs, width, height }: Vector): Mask {
  const pixels = new Uint8Array(width * height);
  if (rows) pixels.set(Array.from(rows.join(''), (character) => (character === '#' ? 1 : 0)));
  let at = 0;
  for (const [index, run] of (runs ?? []).entries()) pixels.fill(index % 2, at, (at += run));
  return maskFromBitmap(pixels, width, height);
}

for (const vector of VECTORS.encode) {
  test(`CVAT's ${vector.id} is written number for number and read in each of its writings`, () => {
    const mask = maskOf(vector);
    assert.deepEqual(encodeCvatMask(mask), vector.points);
    for (const points of [vector.points, vector.full_frame_points, vector.browser_points]) {
      if (points) assert.deepEqual(decodeCvatMask(points, vector), mask);
    }
  });
}

for (const vector of VECTORS.decode) {
  test(`points with ${vector.id} are ${vector.rows ? 'read' : 'refused'}, as by CVAT's own reader`, () => {
    if (vector.rows) assert.deepEqual(decodeCvatMask(vector.points, vector), maskOf(vector));
    else assert.throws(() => decodeCvatMask(vector.points, vector), RefinerError);
  });
}

test('any mask survives writing and reading, in integers', () => {
  fc.assert(
    fc.property(bitmaps(), (bitmap) => {
      const mask = tightMask(bitmap);
      if (mask.data.length === 0) {
        assert.throws(() => encodeCvatMask(mask), refusedWith('SHAPE_INVALID'));
        return;
      }
      const points = encodeCvatMask(mask);
      assert.ok(points.every(Number.isSafeInteger));
      const read = decodeCvatMask(points, bitmap);
      assert.deepEqual(bitmapOf(read), bitmapOf(mask));
      assert.deepEqual(read.box, mask.box);
    }),
  );
});

test('any numbers are read as a mask inside the image or refused with an error of the catalogue', () => {
  const numbers = fc.oneof(
    fc.integer({ min: -2, max: 40 }),
    fc.double(),
    fc.constant(Number.MAX_SAFE_INTEGER),
  );
  const image = { width: 12, height: 9 };
  fc.assert(
    fc.property(fc.array(numbers, { maxLength: 12 }), (points) => {
      try {
        const { box } = decodeCvatMask(points, image);
        assert.ok(box.x0 >= 0 && box.y0 >= 0 && box.x1 <= image.width && box.y1 <= image.height);
      } catch (error) {
        assert.ok(error instanceof RefinerError);
        assert.match(error.code, /^RLE_/);
      }
    }),
  );
});

test('runs that do not fill their box are refused before anything of its size is made', () => {
  const vast = { width: 2 ** 26, height: 2 ** 26 };
  const points = [1, 2, 0, 0, 2 ** 26 - 1, 2 ** 26 - 1];
  assert.throws(
    () => decodeCvatMask(points, vast),
    refusedWith('RLE_SIZE_MISMATCH', { expected: /4503599627370496 pixels/, received: /^3$/ }),
  );
});
