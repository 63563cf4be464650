/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { boundaryOf, boundaryRadiusPx } from './boundary.js';
import { boundaryBand, boundaryBandRadiiPx } from './boundary-band.js';
import { areaPx, isEmpty, pixelAt } from './mask.js';
import { overlap } from './overlap.js';
import { subtractMask } from './subtract.js';
import type { Mask } from './types.js';

/** A result with its truth. Pixels of `ignore` (void in a data set) count neither for nor against. */
export interface ScoredPair {
  readonly predicted: Mask;
  readonly truth: Mask;
  readonly ignore?: Mask;
}

/** Number of pixels that are foreground in both masks of one image. */
export function intersectionArea(a: Mask, b: Mask): number {
  const common = overlap(a.box, b.box);
  if (common === null) return 0;
  const widthA = a.box.x1 - a.box.x0;
  const widthB = b.box.x1 - b.box.x0;
  let area = 0;
  for (let y = common.y0; y < common.y1; y++) {
    const rowA = (y - a.box.y0) * widthA - a.box.x0;
    const rowB = (y - b.box.y0) * widthB - b.box.x0;
    for (let x = common.x0; x < common.x1; x++) area += a.data[rowA + x]! & b.data[rowB + x]!;
  }
  return area;
}

/** Intersection over union, 0 to 1; two empty masks agree, so theirs is 1. */
export function iou(a: Mask, b: Mask, ignore?: Mask): number {
  return cumulativeIou([{ predicted: a, truth: b, ...(ignore && { ignore }) }]);
}

/**
 * The sum of all intersections over the sum of all unions (the IoU that the paper reports for DAVIS-585), so that large
 * objects weigh more; 1 when there is no pixel at all.
 */
export function cumulativeIou(pairs: Iterable<ScoredPair>): number {
  let intersections = 0;
  let unions = 0;
  for (const { predicted, truth, ignore } of pairs) {
    const a = ignore ? subtractMask(predicted, ignore) : predicted;
    const b = ignore ? subtractMask(truth, ignore) : truth;
    const intersection = intersectionArea(a, b);
    intersections += intersection;
    unions += areaPx(a) + areaPx(b) - intersection;
  }
  return unions === 0 ? 1 : intersections / unions;
}

/**
 * Boundary IoU: the IoU of the inner boundaries, whose width is `dilationRatio` of the image diagonal. Source: Cheng et
 * al., CVPR 2021, boundary-iou-api `mask_to_boundary`. Symmetric; two empty masks give 1. Ignored pixels are left out
 * of the boundaries after these were found.
 */
export function boundaryIou(a: Mask, b: Mask, dilationRatio = 0.02, ignore?: Mask): number {
  const radiusPx = boundaryRadiusPx({ width: a.imageWidth, height: a.imageHeight }, dilationRatio);
  return iou(boundaryOf(a, radiusPx), boundaryOf(b, radiusPx), ignore);
}

/**
 * Mean boundary accuracy: the share of right pixels in a band around the true boundary, averaged over five widths that
 * grow with the image. Source: CascadePSP (Cheng et al., CVPR 2020), `compute_boundary_acc`. Null when the true mask
 * has no boundary that counts: it is empty, fills the image, or lies in ignored pixels.
 */
export function meanBoundaryAccuracy(predicted: Mask, truth: Mask, ignore?: Mask): number | null {
  const radii = boundaryBandRadiiPx({ width: truth.imageWidth, height: truth.imageHeight });
  let sum = 0;
  for (const radiusPx of radii) {
    const band = boundaryBand(truth, radiusPx);
    const accuracy = accuracyWithin(ignore ? subtractMask(band, ignore) : band, predicted, truth);
    if (accuracy === null) return null;
    sum += accuracy;
  }
  return sum / radii.length;
}

function accuracyWithin(region: Mask, predicted: Mask, truth: Mask): number | null {
  if (isEmpty(region)) return null;
  const { x0, y0, x1, y1 } = region.box;
  let right = 0;
  let total = 0;
  let index = 0;
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      if (region.data[index++] === 0) continue;
      total++;
      if (pixelAt(predicted, x, y) === pixelAt(truth, x, y)) right++;
    }
  }
  return right / total;
}
