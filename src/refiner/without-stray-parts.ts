/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { keepComponents, labelledMask } from './labelled-mask.js';
import { pixelAt } from './mask.js';
import type { Mask } from './types.js';

/** A mask without the 8-connected components that share no pixel with `said`, a mask of the same image. */
export function withoutStrayParts(mask: Mask, said: Mask): Mask {
  const labelled = labelledMask(mask);
  const { runs, componentOf, count } = labelled;
  if (count < 2) return mask;
  const { x0, y0, y1 } = mask.box;
  const touches = new Uint8Array(count);
  for (let y = 0; y < y1 - y0; y++) {
    for (let run = runs.firstOfRow[y]!; run < runs.firstOfRow[y + 1]!; run++) {
      const component = componentOf[run]!;
      for (let x = runs.starts[run]!; x < runs.ends[run]! && touches[component] === 0; x++) {
        touches[component] = pixelAt(said, x0 + x, y0 + y);
      }
    }
  }
  return keepComponents(mask, labelled, (component) => touches[component] === 1);
}
