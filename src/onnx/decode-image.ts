import sharp from 'sharp';
import { RefinerError } from '../errors.js';
import type { Size } from '../refiner/types.js';
import type { Orientation } from './inference.js';
import { imageNotReadable, readImageSize } from './image-header.js';
import type { RgbImage } from './rgb-image.js';

export type { RgbImage } from './rgb-image.js';
export { readImageSize } from './image-header.js';

export interface DecodeImageOptions {
  /** `exif`: turned as a viewer shows the file. `stored`: the pixels as they lie in it. */
  readonly orientation: Orientation;
  /** Most pixels of one image; checked in the header, before memory is taken for the pixels. */
  readonly maxPixels: number;
}

/**
 * Decodes an image file (JPEG, PNG, WebP, TIFF, GIF, AVIF) to 8-bit RGB: grey is repeated, alpha is dropped (as Pillow's
 * `convert('RGB')` and OpenCV do, which models were trained with), CMYK and 16 bits are converted, colour profiles of
 * RGB images are ignored for the same reason. The first frame of an animation, the first page of a TIFF.
 *
 * Throws IMAGE_EMPTY, IMAGE_NOT_READABLE (also for a file that breaks off), IMAGE_TOO_LARGE.
 */
export async function decodeImage(
  bytes: Uint8Array,
  { orientation, maxPixels }: DecodeImageOptions,
): Promise<RgbImage> {
  const header = await readImageSize(bytes);
  requirePixels(header.stored, maxPixels);
  const { data, info } = await sharp(bytes, {
    limitInputPixels: maxPixels,
    failOn: 'truncated',
    ignoreIcc: !header.isCmyk,
    autoOrient: orientation === 'exif',
    sequentialRead: true,
  })
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw imageNotReadable(cause);
    });
  return {
    width: info.width,
    height: info.height,
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
  };
}

/** Throws IMAGE_TOO_LARGE for an image of more pixels. */
export function requirePixels({ width, height }: Size, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw new RefinerError('IMAGE_TOO_LARGE', {
    expected: `at most ${maxPixels} pixels`,
    received: `${width} × ${height} = ${width * height} pixels`,
  });
}
