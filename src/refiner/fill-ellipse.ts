import { ellipseRows, type Ellipse } from './ellipse.js';
import { cropMask, emptyMask } from './mask.js';
import type { Mask, Size } from './types.js';

/** The pixels of `image` whose centres lie inside an ellipse of positive radii; what lies outside is cut off. */
export function fillEllipse(ellipse: Ellipse, image: Size): Mask {
  const rows = ellipseRows(ellipse);
  const box = {
    x0: Math.max(0, rows.x0),
    y0: Math.max(0, rows.y0),
    x1: Math.min(image.width, rows.x1),
    y1: Math.min(image.height, rows.y1),
  };
  if (box.x0 >= box.x1 || box.y0 >= box.y1) return emptyMask(image);
  const width = box.x1 - box.x0;
  const data = new Uint8Array(width * (box.y1 - box.y0));
  for (let y = box.y0; y < box.y1; y++) {
    const start = Math.max(box.x0, rows.startOf(y));
    const end = Math.min(box.x1, rows.endOf(y));
    const offset = (y - box.y0) * width - box.x0;
    if (start < end) data.fill(1, offset + start, offset + end);
  }
  return cropMask({ imageWidth: image.width, imageHeight: image.height, box, data });
}
