import { cropMask } from './mask.js';
import { overlap } from './overlap.js';
import type { Mask } from './types.js';

/** The pixels of `mask` that are not in `removed`; both belong to images of the same size. */
export function subtractMask(mask: Mask, removed: Mask): Mask {
  const common = overlap(mask.box, removed.box);
  if (common === null) return mask;
  const data = mask.data.slice();
  const width = mask.box.x1 - mask.box.x0;
  const removedWidth = removed.box.x1 - removed.box.x0;
  for (let y = common.y0; y < common.y1; y++) {
    const row = (y - mask.box.y0) * width - mask.box.x0;
    const removedRow = (y - removed.box.y0) * removedWidth - removed.box.x0;
    for (let x = common.x0; x < common.x1; x++) {
      if (removed.data[removedRow + x] === 1) data[row + x] = 0;
    }
  }
  return cropMask({ ...mask, data });
}
