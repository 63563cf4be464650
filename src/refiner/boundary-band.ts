/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { cropMask, isEmpty } from './mask.js';
import { rowRuns } from './row-runs.js';
import type { Box, Mask, Size } from './types.js';

const BAND_COUNT = 5;
const LEAST_RADIUS_PX = 1;
/** The greatest radius is the image's half perimeter divided by this. */
const HALF_PERIMETER_SHARE = 300;

/** The radii of the bands over which mean boundary accuracy is averaged (CascadePSP, `compute_boundary_acc`). */
export function boundaryBandRadiiPx(size: Size): readonly number[] {
  const greatest = (size.width + size.height) / HALF_PERIMETER_SHARE;
  const step = (greatest - LEAST_RADIUS_PX) / BAND_COUNT;
  return Array.from({ length: BAND_COUNT }, (_, i) => LEAST_RADIUS_PX + Math.trunc(step * i));
}

/**
 * The pixels that have both foreground and background in a disk of `radiusPx` around them: OpenCV's morphological
 * gradient with an elliptic kernel. Beyond the image there is neither, so its border is no boundary.
 */
export function boundaryBand(mask: Mask, radiusPx: number): Mask {
  if (isEmpty(mask)) return mask;
  // What lies farther out than the radius has no foreground in its disk; and of the background only that within the
  // radius of foreground decides.
  const box: Box = {
    x0: Math.max(0, mask.box.x0 - radiusPx),
    y0: Math.max(0, mask.box.y0 - radiusPx),
    x1: Math.min(mask.imageWidth, mask.box.x1 + radiusPx),
    y1: Math.min(mask.imageHeight, mask.box.y1 + radiusPx),
  };
  const width = box.x1 - box.x0;
  const height = box.y1 - box.y0;
  const bitmap = widen(mask, box);
  const halfWidths = diskHalfWidths(radiusPx);
  const nearForeground = dilate(bitmap, width, height, 1, halfWidths);
  const nearBackground = dilate(bitmap, width, height, 0, halfWidths);
  const data = nearForeground.map((near, i) => near & nearBackground[i]!);
  return cropMask({ imageWidth: mask.imageWidth, imageHeight: mask.imageHeight, box, data });
}

function widen(mask: Mask, box: Box): Uint8Array {
  const width = box.x1 - box.x0;
  const maskWidth = mask.box.x1 - mask.box.x0;
  const bitmap = new Uint8Array(width * (box.y1 - box.y0));
  for (let y = mask.box.y0; y < mask.box.y1; y++) {
    const start = (y - mask.box.y0) * maskWidth;
    const target = (y - box.y0) * width + (mask.box.x0 - box.x0);
    bitmap.set(mask.data.subarray(start, start + maskWidth), target);
  }
  return bitmap;
}

/**
 * Half widths of the rows −radius … radius of OpenCV's `MORPH_ELLIPSE` kernel of side 2 · radius + 1. OpenCV rounds
 * halves to even, but the root of an integer is never a half.
 */
function diskHalfWidths(radius: number): readonly number[] {
  return Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.round(Math.sqrt(radius ** 2 - (i - radius) ** 2)),
  );
}

/** Pixels with a pixel of `value` in their disk: each run, widened, is painted on all rows that the disk reaches. */
function dilate(
  bitmap: Uint8Array,
  width: number,
  height: number,
  value: 0 | 1,
  halfWidths: readonly number[],
): Uint8Array {
  const { starts, ends, firstOfRow } = rowRuns(bitmap, width, height, value);
  const radius = (halfWidths.length - 1) / 2;
  const dilated = new Uint8Array(bitmap.length);
  // How many widened runs begin less how many end at each pixel of the row.
  const changes = new Int32Array(width + 1);
  for (let y = 0; y < height; y++) {
    changes.fill(0);
    for (let from = Math.max(0, y - radius); from <= Math.min(height - 1, y + radius); from++) {
      const halfWidth = halfWidths[from - y + radius]!;
      for (let run = firstOfRow[from]!; run < firstOfRow[from + 1]!; run++) {
        changes[Math.max(0, starts[run]! - halfWidth)]!++;
        changes[Math.min(width, ends[run]! + halfWidth)]!--;
      }
    }
    let covering = 0;
    for (let x = 0; x < width; x++) {
      covering += changes[x]!;
      dilated[y * width + x] = covering > 0 ? 1 : 0;
    }
  }
  return dilated;
}
