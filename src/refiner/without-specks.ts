/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { componentAreasPx, labelRuns } from './components.js';
import { tightenMask } from './mask.js';
import { rowRuns } from './row-runs.js';
import type { Mask } from './types.js';

/** Share of the largest component's area below which another one is a speck. */
const SPECK_SHARE = 0.01;

/**
 * A mask without the 8-connected components that are smaller than 1 % of its largest one. A form that shows only how
 * far a mask reaches, as a box does, would otherwise be widened by a few stray pixels.
 */
export function withoutSpecks(mask: Mask): Mask {
  const width = mask.box.x1 - mask.box.x0;
  const height = mask.box.y1 - mask.box.y0;
  const runs = rowRuns(mask.data, width, height);
  const { componentOf, count } = labelRuns(runs, height);
  if (count < 2) return mask;
  const areas = componentAreasPx(runs, componentOf, count);
  const leastPx = SPECK_SHARE * areas.reduce((largest, area) => Math.max(largest, area), 0);
  const data = Uint8Array.from(mask.data);
  for (let y = 0; y < height; y++) {
    for (let run = runs.firstOfRow[y]!; run < runs.firstOfRow[y + 1]!; run++) {
      if (areas[componentOf[run]!]! >= leastPx) continue;
      data.fill(0, y * width + runs.starts[run]!, y * width + runs.ends[run]!);
    }
  }
  return tightenMask({ ...mask, data });
}
