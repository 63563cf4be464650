/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { Span } from './bilinear.js';
import { areaPx } from './mask.js';
import type { MaskFalloff } from './options.js';
import type { GuidePoints } from './points.js';
import type { RowReader } from './resampled-rows.js';
import type { Mask } from './types.js';

/** The mask as +1 on the foreground and −1 elsewhere, for the image columns of `columns`. */
export function signRows(mask: Mask, columns: Span): RowReader {
  return rowsOverBox(mask, columns, -1, (_x, _y, i) => (mask.data[i] === 1 ? 1 : -1));
}

/**
 * Weights between 0 and 1 that fall off from the middle of the mask, 0 on the background, for the image columns of
 * `columns`. With `spread` γ, depth d and area A in pixels:
 *
 * - `depth`: exp(−(d − d_max)² / max(A / γ, 1)) (official `utils.py` `extract_points`, in its float32 arithmetic)
 * - `centre`: exp(−r² / (A · γ)), r the distance to the positive point (paper, as printed in section 3.2)
 */
export function gaussianWeightRows(
  mask: Mask,
  points: GuidePoints,
  falloff: MaskFalloff,
  spread: number,
  columns: Span,
): RowReader {
  const area = areaPx(mask);
  if (falloff === 'depth') {
    const depths = points.depth.data;
    const divisor = Math.max(Math.fround(area / Math.fround(spread)), 1);
    return rowsOverBox(mask, columns, 0, (_x, _y, i) => {
      if (depths[i] === 0) return 0;
      const short = Math.fround(depths[i]! - points.maxDepth);
      return Math.exp(Math.fround(Math.fround(-short * short) / divisor));
    });
  }
  const { x: centreX, y: centreY } = points.positive;
  return rowsOverBox(mask, columns, 0, (x, y, i) => {
    if (mask.data[i] === 0) return 0;
    return Math.exp(-((x - centreX) ** 2 + (y - centreY) ** 2) / (area * spread));
  });
}

/** Reads `valueAt(x, y, index into the mask's data)` in the mask's box and `outside` around it. */
function rowsOverBox(
  mask: Mask,
  columns: Span,
  outside: number,
  valueAt: (x: number, y: number, index: number) => number,
): RowReader {
  const { x0, y0, x1, y1 } = mask.box;
  const blank = new Float32Array(columns.to - columns.from).fill(outside);
  const values = blank.slice();
  const from = Math.max(x0, columns.from);
  const to = Math.min(x1, columns.to);
  return (y) => {
    if (y < y0 || y >= y1) return blank;
    const row = (y - y0) * (x1 - x0) - x0;
    for (let x = from; x < to; x++) values[x - columns.from] = valueAt(x, y, row + x);
    return values;
  };
}
