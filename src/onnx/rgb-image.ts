import type { Size } from '../refiner/types.js';

/** A decoded image: 8-bit sRGB, `data` `[height, width, 3]` row-major. */
export interface RgbImage extends Size {
  readonly data: Uint8Array;
}
