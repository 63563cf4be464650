/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { componentAreasPx } from './components.js';
import { labelledMask } from './labelled-mask.js';
import type { Mask, Point } from './types.js';

/**
 * The first pixel, row-major, of the 8-connected component with the most pixels (of several, the one that comes first),
 * or null for an empty mask. Nothing is copied: from there its outline can be followed.
 */
export function startOfLargestComponent(mask: Mask): Point | null {
  const { runs, componentOf, count } = labelledMask(mask);
  if (count === 0) return null;
  const areas = componentAreasPx(runs, componentOf, count);
  const largest = areas.reduce((best, area, component) => (area > areas[best]! ? component : best), 0);
  const run = componentOf.indexOf(largest);
  let row = 0;
  while (runs.firstOfRow[row + 1]! <= run) row++;
  return { x: mask.box.x0 + runs.starts[run]!, y: mask.box.y0 + row };
}
