import { componentAreasPx } from './components.js';
import { keepComponents, labelledMask } from './labelled-mask.js';
import type { Mask } from './types.js';

/** Share of the largest component's area below which another one is a speck. */
const SPECK_SHARE = 0.01;

/**
 * A mask without the 8-connected components that are smaller than 1 % of its largest one. A form that shows only how
 * far a mask reaches, as a box does, would otherwise be widened by a few stray pixels.
 */
export function withoutSpecks(mask: Mask): Mask {
  const labelled = labelledMask(mask);
  const areas = componentAreasPx(labelled.runs, labelled.componentOf, labelled.count);
  const leastPx = SPECK_SHARE * areas.reduce((largest, area) => Math.max(largest, area), 0);
  return keepComponents(mask, labelled, (component) => (areas[component] ?? 0) >= leastPx);
}
