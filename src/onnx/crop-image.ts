import type { Box } from '../refiner/types.js';
import type { RgbImage } from './rgb-image.js';

const CHANNELS = 3;

/** The part of an image that lies in `view`, copied; `view` must lie in the image. */
export function cropImage(image: RgbImage, view: Box): RgbImage {
  const width = view.x1 - view.x0;
  const height = view.y1 - view.y0;
  const rowBytes = width * CHANNELS;
  const data = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    const start = ((view.y0 + y) * image.width + view.x0) * CHANNELS;
    data.set(image.data.subarray(start, start + rowBytes), y * rowBytes);
  }
  return { width, height, data };
}
