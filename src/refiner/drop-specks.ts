/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */

/** Share of the allowed mismatch that may go into single pixels; the rest is for fewer vertices. */
const SHARE_FOR_SPECKS = 0.5;

/**
 * Which outlines are worth drawing, 1 or 0 each: single pixels and pinholes are left out where the IoU allows, and the
 * smallest others where there are more than `maxRings`. `areasPx` are negative for holes. What lies within an outline is
 * smaller than it, so nothing that is kept loses the ring around it.
 */
export function dropSpecks(areasPx: Float64Array, minIou: number, maxRings: number): Uint8Array {
  const sizes = areasPx.map(Math.abs);
  const maskPx = areasPx.reduce((sum, area) => sum + area, 0);
  const specks = sizes.reduce((count, size) => (size === 1 ? count + 1 : count), 0);
  const affordable = specks <= (1 - minIou) * SHARE_FOR_SPECKS * maskPx && specks < sizes.length;
  const smallest = affordable ? 2 : 1;
  const ranked = sizes.filter((size) => size >= smallest).sort();
  if (ranked.length <= maxRings) return Uint8Array.from(sizes, (size) => (size >= smallest ? 1 : 0));
  // Of equal ones at the limit the first are kept; none of them lies within another.
  const limit = ranked[ranked.length - maxRings]!;
  let room = maxRings - ranked.reduce((count, size) => (size > limit ? count + 1 : count), 0);
  return Uint8Array.from(sizes, (size) => (size > limit || (size === limit && room-- > 0) ? 1 : 0));
}
