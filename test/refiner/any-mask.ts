import fc from 'fast-check';
import { maskFromBitmap } from '../../src/refiner/mask.js';
import type { Mask } from '../../src/refiner/types.js';

/** Small masks with foreground: noise of any density, and unions of rectangles that touch the border often. */
export function anyMask(maxSide = 14): fc.Arbitrary<Mask> {
  return fc
    .record({ width: fc.integer({ min: 1, max: maxSide }), height: fc.integer({ min: 1, max: maxSide }) })
    .chain(({ width, height }) =>
      fc
        .oneof(noise(width, height), rectangles(width, height))
        .filter((bitmap) => bitmap.includes(1))
        .map((bitmap) => maskFromBitmap(bitmap, width, height)),
    );
}

function noise(width: number, height: number): fc.Arbitrary<Uint8Array> {
  return fc
    .integer({ min: 1, max: 9 })
    .chain((tenths) =>
      fc
        .array(fc.integer({ min: 0, max: 9 }), { minLength: width * height, maxLength: width * height })
        .map((values) => Uint8Array.from(values, (value) => (value < tenths ? 1 : 0))),
    );
}

function rectangles(width: number, height: number): fc.Arbitrary<Uint8Array> {
  const side = (length: number): fc.Arbitrary<[number, number]> =>
    fc.tuple(fc.integer({ min: 0, max: length }), fc.integer({ min: 0, max: length }));
  return fc.array(fc.tuple(side(width), side(height)), { minLength: 1, maxLength: 3 }).map((boxes) => {
    const bitmap = new Uint8Array(width * height);
    for (const [[xa, xb], [ya, yb]] of boxes) {
      for (let y = Math.min(ya, yb); y < Math.max(ya, yb); y++) {
        bitmap.fill(1, y * width + Math.min(xa, xb), y * width + Math.max(xa, xb));
      }
    }
    return bitmap;
  });
}
