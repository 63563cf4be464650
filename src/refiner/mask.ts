/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { Box, Mask, Size } from './types.js';

/** The mask without foreground. */
export function emptyMask(size: Size): Mask {
  return {
    imageWidth: size.width,
    imageHeight: size.height,
    box: { x0: 0, y0: 0, x1: 0, y1: 0 },
    data: new Uint8Array(0),
  };
}

export function isEmpty(mask: Mask): boolean {
  return mask.data.length === 0;
}

/**
 * Crops a full-image bitmap (row-major, `width · height` bytes, any non-zero value is foreground) to its tight box.
 */
export function maskFromBitmap(bitmap: Uint8Array, width: number, height: number): Mask {
  return cropMask({
    imageWidth: width,
    imageHeight: height,
    box: { x0: 0, y0: 0, x1: width, y1: height },
    data: bitmap,
  });
}

/** The mask as a full-image bitmap, row-major, one byte a pixel, 0 or 1. */
export function maskToBitmap(mask: Mask): Uint8Array {
  const { imageWidth, imageHeight, box, data } = mask;
  const bitmap = new Uint8Array(imageWidth * imageHeight);
  const width = box.x1 - box.x0;
  for (let y = box.y0; y < box.y1; y++) {
    const start = (y - box.y0) * width;
    bitmap.set(data.subarray(start, start + width), y * imageWidth + box.x0);
  }
  return bitmap;
}

/**
 * Makes a mask of one whose box is loose: the box becomes tight and every non-zero byte 1. The data is copied, so the
 * given array may be reused.
 */
export function cropMask(mask: Mask): Mask {
  const tight = tightenMask(mask);
  const data = tight.data === mask.data ? mask.data.slice() : tight.data;
  for (let i = 0; i < data.length; i++) if (data[i]! > 1) data[i] = 1;
  return { ...tight, data };
}

/** As `cropMask` for data that holds 0 and 1 alone and that the caller gives away: not copied when already tight. */
export function tightenMask(mask: Mask): Mask {
  const { imageWidth, imageHeight, box, data } = mask;
  const width = box.x1 - box.x0;
  const height = box.y1 - box.y0;
  const inner = tightBounds(data, width, height);
  if (inner === null) return emptyMask({ width: imageWidth, height: imageHeight });
  const innerWidth = inner.x1 - inner.x0;
  if (innerWidth === width && inner.y1 - inner.y0 === height) return mask;
  const cropped = new Uint8Array(innerWidth * (inner.y1 - inner.y0));
  for (let y = inner.y0; y < inner.y1; y++) {
    const row = data.subarray(y * width + inner.x0, y * width + inner.x1);
    cropped.set(row, (y - inner.y0) * innerWidth);
  }
  return {
    imageWidth,
    imageHeight,
    box: {
      x0: box.x0 + inner.x0,
      y0: box.y0 + inner.y0,
      x1: box.x0 + inner.x1,
      y1: box.y0 + inner.y1,
    },
    data: cropped,
  };
}

/** Number of foreground pixels. */
export function areaPx(mask: Mask): number {
  let area = 0;
  const { data } = mask;
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- an iterator takes five times as long on typed arrays
  for (let i = 0; i < data.length; i++) area += data[i]!;
  return area;
}

/** 1 where the pixel is foreground; 0 elsewhere, also outside the image. */
export function pixelAt(mask: Mask, x: number, y: number): 0 | 1 {
  const { x0, y0, x1, y1 } = mask.box;
  if (x < x0 || x >= x1 || y < y0 || y >= y1) return 0;
  return mask.data[(y - y0) * (x1 - x0) + (x - x0)] === 1 ? 1 : 0;
}

/** True when both masks have the same foreground in an image of the same size. */
export function masksEqual(a: Mask, b: Mask): boolean {
  if (a.imageWidth !== b.imageWidth || a.imageHeight !== b.imageHeight) return false;
  if (a.box.x0 !== b.box.x0 || a.box.y0 !== b.box.y0) return false;
  if (a.box.x1 !== b.box.x1 || a.box.y1 !== b.box.y1) return false;
  for (let i = 0; i < a.data.length; i++) if (a.data[i] !== b.data[i]) return false;
  return true;
}

/** The tight box of the non-zero bytes of a `width × height` bitmap, or null when there are none. */
function tightBounds(data: Uint8Array, width: number, height: number): Box | null {
  let y0 = 0;
  while (y0 < height && firstInRow(data, y0 * width, width) === width) y0++;
  if (y0 === height) return null;
  let y1 = height;
  while (firstInRow(data, (y1 - 1) * width, width) === width) y1--;
  let x0 = width;
  let x1 = 0;
  for (let y = y0; y < y1; y++) {
    const row = y * width;
    // Only what could widen the box is looked at, so a solid mask is read along its outline alone.
    x0 = firstInRow(data, row, x0);
    let x = width - 1;
    while (x >= x1 && data[row + x] === 0) x--;
    x1 = Math.max(x1, x + 1);
  }
  return { x0, y0, x1, y1 };
}

/** Offset of the first non-zero byte among `count` from `start`, or `count`. */
function firstInRow(data: Uint8Array, start: number, count: number): number {
  let x = 0;
  while (x < count && data[start + x] === 0) x++;
  return x;
}
