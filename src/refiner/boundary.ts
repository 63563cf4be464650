/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { cropMask } from './mask.js';
import type { Mask, Size } from './types.js';

/**
 * Width in pixels of the boundary that boundary IoU looks at: `dilationRatio` of the image diagonal, halves rounded to
 * even, at least 1. Source: boundary-iou-api `mask_to_boundary`.
 */
export function boundaryRadiusPx(size: Size, dilationRatio: number): number {
  const diagonal = Math.sqrt(size.height ** 2 + size.width ** 2);
  return Math.max(1, roundHalfToEven(dilationRatio * diagonal));
}

/** Rounding as Python's `round`. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The foreground within `radiusPx` (chessboard distance) of the background; beyond the image is background. Equals the
 * mask less its erosion by `radiusPx` times a 3×3 square.
 */
export function boundaryOf(mask: Mask, radiusPx: number): Mask {
  const width = mask.box.x1 - mask.box.x0;
  const height = mask.box.y1 - mask.box.y0;
  const eroded = erodeColumns(erodeRows(mask.data, width, height, radiusPx), width, height, radiusPx);
  // An erosion lies inside its mask, so the difference is 0 or 1.
  const data = mask.data.map((value, i) => value - eroded[i]!);
  return cropMask({ ...mask, data });
}

/** Takes `radius` pixels off both ends of every run of a row. */
function erodeRows(data: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  const eroded = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let length = 0;
    for (let x = 0; x < width; x++) {
      length = data[row + x] === 1 ? length + 1 : 0;
      if (length > 2 * radius) eroded[row + x - radius] = 1;
    }
  }
  return eroded;
}

/** The same for columns, a row at a time because memory is row-major. */
function erodeColumns(data: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  const eroded = new Uint8Array(data.length);
  const lengths = new Int32Array(width);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    for (let x = 0; x < width; x++) {
      lengths[x] = data[row + x] === 1 ? lengths[x]! + 1 : 0;
      if (lengths[x]! > 2 * radius) eroded[row - radius * width + x] = 1;
    }
  }
  return eroded;
}
