/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { componentAreasPx, labelRuns } from './components.js';
import { rowRuns } from './row-runs.js';
import type { Mask, Point } from './types.js';

/**
 * The first pixel, row-major, of the 8-connected component with the most pixels (of several, the one that comes first),
 * or null for an empty mask. Nothing is copied: from there its outline can be followed.
 */
export function startOfLargestComponent(mask: Mask): Point | null {
  const height = mask.box.y1 - mask.box.y0;
  const runs = rowRuns(mask.data, mask.box.x1 - mask.box.x0, height);
  const { componentOf, count } = labelRuns(runs, height);
  if (count === 0) return null;
  const areas = componentAreasPx(runs, componentOf, count);
  const largest = areas.reduce((best, area, component) => (area > areas[best]! ? component : best), 0);
  const run = componentOf.indexOf(largest);
  let row = 0;
  while (runs.firstOfRow[row + 1]! <= run) row++;
  return { x: mask.box.x0 + runs.starts[run]!, y: mask.box.y0 + row };
}
