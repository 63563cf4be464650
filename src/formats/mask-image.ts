/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import sharp, { type Sharp } from 'sharp';
import { RefinerError } from '../errors.js';
import type { Mask, Size } from '../refiner/types.js';
import { MAX_MASK_PIXELS, requireMaskSize } from './mask-limits.js';
import { addRun, maskFromRuns, noRuns, runsOfMask, type PixelRuns } from './pixel-runs.js';

/**
 * Decodes an image file as a mask of exactly `size` pixels (the stored frame; EXIF is not applied to masks). Where any
 * pixel is transparent the mask is the alpha channel, else the brightest of the colour channels, so that white, grey and
 * coloured labels on black all count. A pixel is foreground above 127, or, when that leaves nothing, above 0: label
 * images hold small class numbers.
 *
 * Throws IMAGE_TOO_LARGE for more than `maxPixels`, IMAGE_SIZE_MISMATCH for another size (both known from the header,
 * before pixels are decoded), MASK_NOT_READABLE when the bytes are no image.
 */
export async function decodeMaskImage(
  bytes: Uint8Array,
  size: Size,
  limits: { readonly maxPixels?: number } = {},
): Promise<Mask> {
  requireMaskSize(size.width, size.height, 'IMAGE_TOO_LARGE', limits.maxPixels ?? MAX_MASK_PIXELS);
  const image = openImage(bytes);
  const header = await image.metadata().catch((cause: unknown) => {
    throw notReadable(cause);
  });
  if (header.width !== size.width || header.height !== size.height) {
    throw new RefinerError('IMAGE_SIZE_MISMATCH', {
      where: 'the mask image',
      expected: `${size.width} × ${size.height} pixels`,
      received: `${header.width} × ${header.height} pixels`,
    });
  }
  const { data, info } = await image
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw notReadable(cause);
    });
  const plane = maskPlane(data, info.channels);
  const bright = runsAbove(plane, 127);
  return maskFromRuns(bright.length > 0 ? bright : runsAbove(plane, 0), size.width, size.height);
}

function openImage(bytes: Uint8Array): Sharp {
  if (bytes.length === 0) throw notReadable(new Error('no bytes'));
  return sharp(bytes, { limitInputPixels: false, failOn: 'error', autoOrient: false });
}

/** A grey PNG of the whole image with one channel, 0 or 255. The same mask gives the same bytes. */
export async function encodeMaskPng(mask: Mask): Promise<Uint8Array> {
  const { imageWidth: width, imageHeight: height } = mask;
  const pixels = new Uint8Array(width * height);
  const { bounds, length } = runsOfMask(mask);
  for (let i = 0; i < length; i += 2) pixels.fill(255, bounds[i], bounds[i + 1]);
  return sharp(pixels, { raw: { width, height, channels: 1 }, limitInputPixels: false })
    .toColourspace('b-w')
    .png({ compressionLevel: 6, adaptiveFiltering: false, palette: false })
    .toBuffer();
}

/** One byte a pixel out of 1 to 4 interleaved channels; two and four channels end in alpha. */
function maskPlane(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 1) return data;
  const colours = channels - 1 + (channels % 2);
  const alpha = colours < channels ? colours : -1;
  if (alpha >= 0 && hasTransparency(data, channels)) return brightest(data, channels, alpha, channels);
  return brightest(data, channels, 0, colours);
}

function hasTransparency(data: Uint8Array, channels: number): boolean {
  for (let i = channels - 1; i < data.length; i += channels) if (data[i]! < 255) return true;
  return false;
}

/** The largest of channels `[from, to)` of each pixel. */
function brightest(data: Uint8Array, channels: number, from: number, to: number): Uint8Array {
  const plane = new Uint8Array(data.length / channels);
  for (let pixel = 0; pixel < plane.length; pixel += 1) {
    let value = 0;
    for (let i = pixel * channels + from; i < pixel * channels + to; i += 1) {
      if (data[i]! > value) value = data[i]!;
    }
    plane[pixel] = value;
  }
  return plane;
}

function runsAbove(plane: Uint8Array, threshold: number): PixelRuns {
  const runs = noRuns();
  let i = 0;
  while (i < plane.length) {
    while (i < plane.length && plane[i]! <= threshold) i += 1;
    const start = i;
    while (i < plane.length && plane[i]! > threshold) i += 1;
    addRun(runs, start, i);
  }
  return runs;
}

function notReadable(cause: unknown): RefinerError {
  const reason = cause instanceof Error ? cause.message.slice(0, 200) : 'an unknown failure';
  return new RefinerError('MASK_NOT_READABLE', { where: 'the mask image', received: reason }, { cause });
}
