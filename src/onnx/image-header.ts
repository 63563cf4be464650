import sharp from 'sharp';
import { RefinerError } from '../errors.js';
import type { Size } from '../refiner/types.js';
import { isDecodable, sniffImageFormat } from './image-format.js';

/** What an image file says of itself, read without decoding its pixels. */
export interface ImageHeader {
  /** The pixels as they lie in the file; of an animation, one frame. */
  readonly stored: Size;
  /** As a viewer shows the file. */
  readonly displayed: Size;
  /** Exif tag 0x0112, 1 to 8; 5 and more swap width and height. 1 where there is none. */
  readonly exifOrientation: number;
  readonly isCmyk: boolean;
}

const DECODED_FORMATS = 'a JPEG, PNG, WebP, TIFF, GIF or AVIF image';

/**
 * Reads the size of an image from its header. Throws IMAGE_EMPTY for no bytes, IMAGE_NOT_READABLE for what is no image
 * or of a format that is not decoded.
 */
export async function readImageSize(bytes: Uint8Array): Promise<ImageHeader> {
  if (bytes.length === 0) throw new RefinerError('IMAGE_EMPTY');
  const format = sniffImageFormat(bytes);
  if (!isDecodable(format)) {
    throw new RefinerError('IMAGE_NOT_READABLE', {
      expected: DECODED_FORMATS,
      received:
        format === null ? 'bytes of no known image format' : `a file in ${format.toUpperCase()} format`,
    });
  }
  // No limit here: an image over the limit shall be refused by its size, not called unreadable.
  const header = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch((cause: unknown) => {
      throw imageNotReadable(cause);
    });
  const { width, height, orientation = 1 } = header;
  const stored = { width, height };
  return {
    stored,
    displayed: orientation >= 5 ? { width: height, height: width } : stored,
    exifOrientation: orientation,
    isCmyk: header.space === 'cmyk',
  };
}

/** The refusal of a file that the decoder gave up on, with the decoder's own words. */
export function imageNotReadable(cause: unknown): RefinerError {
  const reason = cause instanceof Error ? cause.message : 'an unknown failure';
  return new RefinerError(
    'IMAGE_NOT_READABLE',
    { expected: 'a whole image', received: reason.slice(0, 200) },
    { cause },
  );
}
