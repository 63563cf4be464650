/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { Size } from '../refiner/types.js';
import type { RgbImage } from './rgb-image.js';

/** Pillow weighs bytes with fixed-point numbers of 22 bits after the point, which leaves 8 bits and a sign. */
const PRECISION_BITS = 22;
const ONE = 1 << PRECISION_BITS;
const HALF = 1 << (PRECISION_BITS - 1);

/** Which source samples make up each target sample, and with what fixed-point weights. */
interface Taps {
  /** First source sample of each target sample. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `[target samples, stride]`. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/**
 * Scales an RGB image with a triangle filter that widens when it shrinks (antialiased bilinear), to the bit as Pillow's
 * `Image.resize(size, BILINEAR)`: first the rows, rounded to bytes, then the columns. Returns the image itself where
 * the size is already right. Source: Pillow `src/libImaging/Resample.c` (8 bits per channel).
 */
export function resizeBilinear(image: RgbImage, size: Size): RgbImage {
  const wide = size.width === image.width ? image : resizeRows(image, size.width, size.height);
  return size.height === image.height ? wide : resizeColumns(wide, size.height);
}

/** Scales the width; rows that `targetHeight` will not need are left black. */
function resizeRows(image: RgbImage, targetWidth: number, targetHeight: number): RgbImage {
  const { width, height, data } = image;
  const { first, count, weights, stride } = tapsFor(width, targetWidth);
  const needed = rowsNeeded(height, targetHeight);
  const out = new Uint8Array(targetWidth * height * 3);
  for (let y = needed.from; y < needed.to; y++) {
    let target = y * targetWidth * 3;
    for (let x = 0; x < targetWidth; x++) {
      let source = (y * width + first[x]!) * 3;
      const tap = x * stride;
      const end = tap + count[x]!;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let i = tap; i < end; i++, source += 3) {
        const weight = weights[i]!;
        red += data[source]! * weight;
        green += data[source + 1]! * weight;
        blue += data[source + 2]! * weight;
      }
      out[target++] = red >> PRECISION_BITS;
      out[target++] = green >> PRECISION_BITS;
      out[target++] = blue >> PRECISION_BITS;
    }
  }
  return { width: targetWidth, height, data: out };
}

function rowsNeeded(height: number, targetHeight: number): { from: number; to: number } {
  if (targetHeight === height) return { from: 0, to: height };
  const { first, count } = tapsFor(height, targetHeight);
  return { from: first[0]!, to: first[targetHeight - 1]! + count[targetHeight - 1]! };
}

function resizeColumns(image: RgbImage, targetHeight: number): RgbImage {
  const { width, height, data } = image;
  const { first, count, weights, stride } = tapsFor(height, targetHeight);
  const rowBytes = width * 3;
  const out = new Uint8Array(rowBytes * targetHeight);
  const sums = new Int32Array(rowBytes);
  for (let y = 0; y < targetHeight; y++) {
    sums.fill(HALF);
    for (let i = 0; i < count[y]!; i++) {
      const weight = weights[y * stride + i]!;
      const source = (first[y]! + i) * rowBytes;
      for (let x = 0; x < rowBytes; x++) sums[x] = sums[x]! + data[source + x]! * weight;
    }
    const target = y * rowBytes;
    for (let x = 0; x < rowBytes; x++) out[target + x] = sums[x]! >> PRECISION_BITS;
  }
  return { width, height: targetHeight, data: out };
}

/** The triangle filter's weights, as wide as one target sample when shrinking, as one source sample when enlarging. */
function tapsFor(sourceSize: number, targetSize: number): Taps {
  const scale = sourceSize / targetSize;
  const support = Math.max(scale, 1);
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(targetSize);
  const count = new Int32Array(targetSize);
  const weights = new Int32Array(targetSize * stride);
  const exact = new Float64Array(stride);
  for (let target = 0; target < targetSize; target++) {
    const centre = (target + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - support + 0.5));
    const to = Math.min(sourceSize, Math.trunc(centre + support + 0.5));
    let total = 0;
    for (let i = 0; i < to - from; i++) {
      // Multiplied by the reciprocal as Pillow does: a division rounds differently.
      const distance = Math.abs((i + from - centre + 0.5) * (1 / support));
      exact[i] = distance < 1 ? 1 - distance : 0;
      total += exact[i]!;
    }
    for (let i = 0; i < to - from; i++) {
      weights[target * stride + i] = Math.trunc((exact[i]! / total) * ONE + 0.5);
    }
    first[target] = from;
    count[target] = to - from;
  }
  return { first, count, weights, stride };
}
