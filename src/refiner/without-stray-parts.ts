/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { labelRuns } from './components.js';
import { pixelAt, tightenMask } from './mask.js';
import { rowRuns } from './row-runs.js';
import type { Mask } from './types.js';

/** A mask without the 8-connected components that share no pixel with `said`, a mask of the same image. */
export function withoutStrayParts(mask: Mask, said: Mask): Mask {
  const { x0, y0, x1, y1 } = mask.box;
  const width = x1 - x0;
  const runs = rowRuns(mask.data, width, y1 - y0);
  const { componentOf, count } = labelRuns(runs, y1 - y0);
  if (count < 2) return mask;
  const touches = new Uint8Array(count);
  for (let y = 0; y < y1 - y0; y++) {
    for (let run = runs.firstOfRow[y]!; run < runs.firstOfRow[y + 1]!; run++) {
      const component = componentOf[run]!;
      for (let x = runs.starts[run]!; x < runs.ends[run]! && touches[component] === 0; x++) {
        touches[component] = pixelAt(said, x0 + x, y0 + y);
      }
    }
  }
  if (touches.every((touch) => touch === 1)) return mask;
  const data = Uint8Array.from(mask.data);
  for (let y = 0; y < y1 - y0; y++) {
    for (let run = runs.firstOfRow[y]!; run < runs.firstOfRow[y + 1]!; run++) {
      if (touches[componentOf[run]!] === 1) continue;
      data.fill(0, y * width + runs.starts[run]!, y * width + runs.ends[run]!);
    }
  }
  return tightenMask({ ...mask, data });
}
