import type { ErrorCode } from '../errors.js';
import { RefinerError } from '../errors.js';

/** No mask is larger than this: 16383 × 16383 pixels, libvips' own default for images. */
export const MAX_MASK_PIXELS = 16383 * 16383;

/**
 * Refuses sizes that no mask can have, before anything is allocated for them.
 * Throws `code` when a side is not a positive integer or the area exceeds `maxPixels`.
 */
export function requireMaskSize(
  width: number,
  height: number,
  code: ErrorCode,
  maxPixels = MAX_MASK_PIXELS,
): void {
  const sound = Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0;
  if (sound && width * height <= maxPixels) return;
  throw new RefinerError(code, {
    where: 'the size of the mask',
    expected: `a width and a height of at least 1 pixel and at most ${maxPixels} pixels together`,
    received: `${width} × ${height}`,
  });
}
