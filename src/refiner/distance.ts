/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { euclideanDistance } from './euclidean-distance.js';
import { octileDistance } from './octile-distance.js';
import type { DistanceMetric } from './options.js';
import type { Box, Mask } from './types.js';

/** Distances in pixels for the pixels of `box`, row-major. */
export interface DistanceMap {
  readonly box: Box;
  readonly data: Float32Array;
}

/**
 * Distance of each foreground pixel to the nearest background pixel, 0 on the background, over the mask's box. The
 * image border is not background: a mask that touches it is deep there. When the whole image is foreground every
 * distance is `UNREACHED_PX`. Source: paper section 3.2 (Euclidean), official `utils.py` `extract_points` (octile).
 *
 * Looking no farther than one pixel around the box is exact. That ring is background wherever the image goes on, so
 * the background nearest to a pixel of the box is never beyond it; and since background keeps the distance 0, an
 * octile pass over the whole image would read the same values next to every foreground pixel.
 */
export function distanceToBackground(mask: Mask, metric: DistanceMetric): DistanceMap {
  const { box } = mask;
  const ringed: Box = {
    x0: Math.max(0, box.x0 - 1),
    y0: Math.max(0, box.y0 - 1),
    x1: Math.min(mask.imageWidth, box.x1 + 1),
    y1: Math.min(mask.imageHeight, box.y1 + 1),
  };
  const away = new Uint8Array((ringed.x1 - ringed.x0) * (ringed.y1 - ringed.y0));
  copyRows(mask.data, box, away, ringed, box);
  const distances = transform(away, ringed, metric);
  const data = new Float32Array(mask.data.length);
  copyRows(distances, ringed, data, box, box);
  return { box, data };
}

/**
 * Distance of each background pixel in the mask's tight box to the nearest foreground pixel, 0 on the foreground.
 * Every foreground pixel and every shortest way to it lies in the tight box, so the rest of the image is not needed.
 */
export function distanceToForeground(mask: Mask, metric: DistanceMetric): DistanceMap {
  const away = new Uint8Array(mask.data.length);
  for (let i = 0; i < away.length; i++) away[i] = 1 - mask.data[i]!;
  return { box: mask.box, data: transform(away, mask.box, metric) };
}

/** Distance to the nearest zero of `away`, which holds 0 or 1 for each pixel of `box`. */
function transform(away: Uint8Array, box: Box, metric: DistanceMetric): Float32Array {
  const width = box.x1 - box.x0;
  const height = box.y1 - box.y0;
  return metric === 'octile' ? octileDistance(away, width, height) : euclideanDistance(away, width, height);
}

/** Copies the pixels of `part`, which lies in both boxes, from one box's array to the other's. */
function copyRows<T extends Uint8Array | Float32Array>(
  source: T,
  sourceBox: Box,
  target: T,
  targetBox: Box,
  part: Box,
): void {
  const sourceWidth = sourceBox.x1 - sourceBox.x0;
  const targetWidth = targetBox.x1 - targetBox.x0;
  const width = part.x1 - part.x0;
  for (let y = part.y0; y < part.y1; y++) {
    const from = (y - sourceBox.y0) * sourceWidth + (part.x0 - sourceBox.x0);
    const to = (y - targetBox.y0) * targetWidth + (part.x0 - targetBox.x0);
    target.set(source.subarray(from, from + width), to);
  }
}
