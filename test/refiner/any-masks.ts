import fc from 'fast-check';
import { maskFromBitmap } from '../../src/refiner/mask.js';
import type { Mask } from '../../src/refiner/types.js';

/** Several masks of one small image, empty ones among them. */
export function masksOfOneImage(minCount: number, maxCount: number, maxSide = 14): fc.Arbitrary<Mask[]> {
  const side = fc.integer({ min: 1, max: maxSide });
  return fc
    .tuple(side, side)
    .chain(([width, height]) =>
      fc
        .array(bitmapOf(width, height), { minLength: minCount, maxLength: maxCount })
        .map((bitmaps) => bitmaps.map((bitmap) => maskFromBitmap(bitmap, width, height))),
    );
}

/** Noise in a part of the image, so that boxes differ. */
function bitmapOf(width: number, height: number): fc.Arbitrary<Uint8Array> {
  const corner = fc.tuple(fc.integer({ min: 0, max: width }), fc.integer({ min: 0, max: height }));
  const noise = fc.uint8Array({ minLength: width * height, maxLength: width * height });
  return fc
    .tuple(corner, corner, fc.integer({ min: 0, max: 255 }), noise)
    .map(([[xa, ya], [xb, yb], density, values]) =>
      values.map((value, i) => {
        const x = i % width;
        const y = Math.floor(i / width);
        const inside =
          x >= Math.min(xa, xb) && x < Math.max(xa, xb) && y >= Math.min(ya, yb) && y < Math.max(ya, yb);
        return inside && value <= density ? 1 : 0;
      }),
    );
}
