import { boundsOf, type PixelGuidance } from './guidance.js';
import { isEmpty } from './mask.js';
import type { Mask } from './types.js';
import { withoutStrayParts } from './without-stray-parts.js';

/**
 * A mask without the 8-connected components that neither hold a click on the object nor reach into the box drawn around
 * it; itself where that would leave nothing.
 */
export function partsPointedAt(mask: Mask, guidance: PixelGuidance): Mask {
  const kept = withoutStrayParts(mask, pixelsPointedAt(guidance, mask));
  return isEmpty(kept) ? mask : kept;
}

function pixelsPointedAt({ positives, box }: PixelGuidance, { imageWidth, imageHeight }: Mask): Mask {
  const bounds = boundsOf(positives, box) ?? { x0: 0, y0: 0, x1: -1, y1: -1 };
  const width = bounds.x1 + 1 - bounds.x0;
  const data = new Uint8Array(width * (bounds.y1 + 1 - bounds.y0));
  const at = (x: number, y: number): number => (y - bounds.y0) * width + x - bounds.x0;
  for (const { x, y } of positives) data[at(x, y)] = 1;
  if (box !== null) {
    for (let y = box.y0; y <= box.y1; y++) data.fill(1, at(box.x0, y), at(box.x1, y) + 1);
  }
  return {
    imageWidth,
    imageHeight,
    box: { x0: bounds.x0, y0: bounds.y0, x1: bounds.x1 + 1, y1: bounds.y1 + 1 },
    data,
  };
}
