/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { DistanceMap } from './distance.js';
import { distanceToBackground, distanceToForeground } from './distance.js';
import type { DistanceMetric } from './options.js';
import type { Box, Mask, Point } from './types.js';

export interface GuidePoints {
  /** The foreground pixel farthest from the background. */
  readonly positive: Point;
  /** The background pixel in the tight box farthest from the foreground; null when there is none or none was asked. */
  readonly negative: Point | null;
  /** Distance of the foreground to the background, over the mask's box. */
  readonly depth: DistanceMap;
  /** The greatest depth: that of the positive point. */
  readonly maxDepth: number;
}

/**
 * The point prompts of a mask that is not empty, as pixel indices in the image; among equals the first in row-major
 * order. Source: paper section 3.2, official `utils.py` `extract_points`.
 *
 * With the octile metric the negative point is never taken from the last row and the last column of the box, as in the
 * official code; with the Euclidean one the whole tight box is searched, as the paper says. Where the official code
 * finds no background and falls back to the pixel (0, 0), the negative point is left out.
 */
export function guidePoints(
  mask: Mask,
  options: { readonly distance: DistanceMetric; readonly useNegativePoint: boolean },
): GuidePoints {
  const depth = distanceToBackground(mask, options.distance);
  const deepest = farthest(depth, mask.box);
  return {
    positive: deepest.point,
    negative: options.useNegativePoint ? negativePoint(mask, options.distance) : null,
    depth,
    maxDepth: deepest.distance,
  };
}

function negativePoint(mask: Mask, metric: DistanceMetric): Point | null {
  if (!mask.data.includes(0)) return null;
  const { x0, y0, x1, y1 } = mask.box;
  const within = metric === 'octile' ? { x0, y0, x1: x1 - 1, y1: y1 - 1 } : mask.box;
  const { point, distance } = farthest(distanceToForeground(mask, metric), within);
  return distance > 0 ? point : null;
}

/** The first pixel of `within` with the greatest distance. */
function farthest(map: DistanceMap, within: Box): { point: Point; distance: number } {
  const { box, data } = map;
  const width = box.x1 - box.x0;
  let distance = -1;
  let best = 0;
  for (let y = within.y0; y < within.y1; y++) {
    const row = (y - box.y0) * width - box.x0;
    for (let i = row + within.x0; i < row + within.x1; i++) {
      if (data[i]! > distance) {
        distance = data[i]!;
        best = i;
      }
    }
  }
  return { point: { x: box.x0 + (best % width), y: box.y0 + Math.floor(best / width) }, distance };
}
