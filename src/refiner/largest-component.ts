/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { labelRuns } from './components.js';
import { cropMask, isEmpty } from './mask.js';
import { rowRuns } from './row-runs.js';
import type { Mask } from './types.js';

/** The 8-connected component with the most pixels, the first in row-major order of several; a mask itself if empty. */
export function largestComponent(mask: Mask): Mask {
  if (isEmpty(mask)) return mask;
  const width = mask.box.x1 - mask.box.x0;
  const height = mask.box.y1 - mask.box.y0;
  const runs = rowRuns(mask.data, width, height);
  const { componentOf, count } = labelRuns(runs, height);
  if (count === 1) return mask;
  const areas = new Float64Array(count);
  componentOf.forEach((component, run) => (areas[component]! += runs.ends[run]! - runs.starts[run]!));
  const largest = areas.reduce((best, area, component) => (area > areas[best]! ? component : best), 0);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let run = runs.firstOfRow[y]!; run < runs.firstOfRow[y + 1]!; run++) {
      if (componentOf[run] !== largest) continue;
      data.fill(1, y * width + runs.starts[run]!, y * width + runs.ends[run]!);
    }
  }
  return cropMask({ ...mask, data });
}
