import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  areaPx,
  cropMask,
  emptyMask,
  isEmpty,
  maskFromBitmap,
  maskToBitmap,
  masksEqual,
  pixelAt,
} from '../../src/refiner/mask.js';

const anyBitmap = fc
  .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      bitmap: fc
        .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: width * height, maxLength: width * height })
        .map((values) => Uint8Array.from(values)),
    }),
  );

test('a mask made of a bitmap has the same pixels and a tight box', () => {
  fc.assert(
    fc.property(anyBitmap, ({ bitmap, width, height }) => {
      const mask = maskFromBitmap(bitmap, width, height);
      const binary = bitmap.map((value) => (value === 0 ? 0 : 1));
      assert.deepEqual(maskToBitmap(mask), binary);
      assert.equal(
        areaPx(mask),
        binary.reduce((sum, value) => sum + value, 0),
      );
      for (let y = -1; y <= height; y++) {
        for (let x = -1; x <= width; x++) {
          const inside = x >= 0 && x < width && y >= 0 && y < height;
          assert.equal(pixelAt(mask, x, y), inside ? binary[y * width + x] : 0);
        }
      }
      if (isEmpty(mask)) {
        assert.deepEqual(mask, emptyMask({ width, height }));
        return;
      }
      const { x0, y0, x1, y1 } = mask.box;
      const xs = Array.from({ length: x1 - x0 }, (_, i) => x0 + i);
      const ys = Array.from({ length: y1 - y0 }, (_, i) => y0 + i);
      assert.ok(xs.some((x) => pixelAt(mask, x, y0)) && xs.some((x) => pixelAt(mask, x, y1 - 1)));
      assert.ok(ys.some((y) => pixelAt(mask, x0, y)) && ys.some((y) => pixelAt(mask, x1 - 1, y)));
    }),
  );
});

test('cropping a loose box keeps the place of the foreground and does not share its bytes', () => {
  const data = Uint8Array.from([0, 0, 0, 0, 7, 0, 0, 9, 9]);
  const mask = cropMask({ imageWidth: 9, imageHeight: 8, box: { x0: 2, y0: 3, x1: 5, y1: 6 }, data });
  data.fill(0);
  assert.deepEqual(mask.box, { x0: 3, y0: 4, x1: 5, y1: 6 });
  assert.deepEqual([...mask.data], [1, 0, 1, 1]);
});

test('masks are equal when size, place and pixels are', () => {
  const mask = maskFromBitmap(Uint8Array.from([0, 1, 1, 0, 1, 0]), 3, 2);
  assert.ok(masksEqual(mask, maskFromBitmap(Uint8Array.from([0, 5, 1, 0, 1, 0]), 3, 2)));
  assert.ok(!masksEqual(mask, maskFromBitmap(Uint8Array.from([0, 1, 1, 0, 0, 1]), 3, 2)));
  assert.ok(!masksEqual(mask, maskFromBitmap(Uint8Array.from([1, 1, 0, 1, 0, 0]), 3, 2)));
  assert.ok(!masksEqual(mask, { ...mask, imageWidth: 4 }));
});
