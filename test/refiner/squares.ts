import { maskFromBitmap } from '../../src/refiner/mask.js';
import type { Mask } from '../../src/refiner/types.js';

/** A mask of the squares of side 4 whose left corners are given, from row 2, in an image of 40×10. */
export function squares(...lefts: readonly number[]): Mask {
  const bitmap = new Uint8Array(40 * 10);
  for (const left of lefts) {
    for (let y = 2; y < 6; y++) bitmap.fill(1, y * 40 + left, y * 40 + left + 4);
  }
  return maskFromBitmap(bitmap, 40, 10);
}
