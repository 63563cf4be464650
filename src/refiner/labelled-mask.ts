/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { labelRuns } from './components.js';
import { tightenMask } from './mask.js';
import { type RowRuns, rowRuns } from './row-runs.js';
import type { Mask } from './types.js';

/** The runs of a mask's rows and the number of the 8-connected component that each belongs to. */
export interface LabelledMask {
  readonly runs: RowRuns;
  readonly componentOf: Int32Array;
  readonly count: number;
}

export function labelledMask({ box, data }: Mask): LabelledMask {
  const height = box.y1 - box.y0;
  const runs = rowRuns(data, box.x1 - box.x0, height);
  return { runs, ...labelRuns(runs, height) };
}

/** The mask with those components alone that `keeps`; itself where these are all. */
export function keepComponents(
  mask: Mask,
  { runs, componentOf, count }: LabelledMask,
  keeps: (component: number) => boolean,
): Mask {
  const kept = Uint8Array.from({ length: count }, (_, component) => (keeps(component) ? 1 : 0));
  if (kept.every((keep) => keep === 1)) return mask;
  const { x0, y0, x1, y1 } = mask.box;
  const data = Uint8Array.from(mask.data);
  for (let y = 0; y < y1 - y0; y++) {
    for (let run = runs.firstOfRow[y]!; run < runs.firstOfRow[y + 1]!; run++) {
      if (kept[componentOf[run]!] === 1) continue;
      data.fill(0, y * (x1 - x0) + runs.starts[run]!, y * (x1 - x0) + runs.ends[run]!);
    }
  }
  return tightenMask({ ...mask, data });
}
