import type { Outline } from './trace-outline.js';

/** Share of the allowed mismatch that may go into single pixels; the rest is for fewer vertices. */
const SHARE_FOR_SPECKS = 0.5;

/**
 * The outlines that are worth drawing: single pixels and pinholes are left out while the IoU allows, and the smallest
 * others where there are more than `maxRings`. What lies within an outline is smaller than it, so nothing that is kept
 * loses the ring around it.
 */
export function dropSpecks(
  outlines: readonly Outline[],
  minIou: number,
  maxRings: number,
): readonly Outline[] {
  const maskPx = outlines.reduce((sum, { areaPx }) => sum + areaPx, 0);
  const specks = outlines.filter(({ areaPx }) => Math.abs(areaPx) === 1).length;
  // As many islands as holes at worst: each costs one pixel of the intersection or adds one to the union.
  const affordable = specks <= (1 - minIou) * SHARE_FOR_SPECKS * maskPx && specks < outlines.length;
  const worthwhile = affordable ? outlines.filter(({ areaPx }) => Math.abs(areaPx) > 1) : outlines;
  if (worthwhile.length <= maxRings) return worthwhile;
  const largest = [...worthwhile].sort((a, b) => Math.abs(b.areaPx) - Math.abs(a.areaPx));
  const kept = new Set(largest.slice(0, Math.max(1, maxRings)));
  return worthwhile.filter((outline) => kept.has(outline));
}
