/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { emptyMask, isEmpty } from './mask.js';
import type { Mask, Size } from './types.js';

/** The pixels that lie in any of the masks, all of which are of an image of the given size. */
export function unionMasks(masks: readonly Mask[], size: Size): Mask {
  const filled = masks.filter((mask) => !isEmpty(mask));
  if (filled.length === 0) return emptyMask(size);
  const box = { x0: size.width, y0: size.height, x1: 0, y1: 0 };
  for (const mask of filled) {
    box.x0 = Math.min(box.x0, mask.box.x0);
    box.y0 = Math.min(box.y0, mask.box.y0);
    box.x1 = Math.max(box.x1, mask.box.x1);
    box.y1 = Math.max(box.y1, mask.box.y1);
  }
  const data = new Uint8Array((box.x1 - box.x0) * (box.y1 - box.y0));
  for (const mask of filled) {
    const width = mask.box.x1 - mask.box.x0;
    for (let y = mask.box.y0; y < mask.box.y1; y++) {
      const source = (y - mask.box.y0) * width;
      const target = (y - box.y0) * (box.x1 - box.x0) + (mask.box.x0 - box.x0);
      for (let x = 0; x < width; x++) data[target + x]! |= mask.data[source + x]!;
    }
  }
  // Tight boxes have a tight hull, so nothing has to be cropped.
  return { imageWidth: size.width, imageHeight: size.height, box, data };
}
