import { areaPx, pixelAt } from './mask.js';
import type { Mask } from './types.js';

/** A mask that may be meant. Of two sets of masks the one with the lower rank is asked first. */
export interface RankedMask {
  readonly mask: Mask;
  readonly rank: number;
}

/** A place in the image, in pixels with edges at integers. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * Number of the mask that the place lies in: among those of the lowest rank that has any, the smallest, because a small
 * mask on a large one could not be reached otherwise. Null when it lies in none.
 */
export function maskUnder(masks: readonly (RankedMask | null)[], { x, y }: Place): number | null {
  const column = Math.floor(x);
  const row = Math.floor(y);
  return leastBy(masks, ({ mask }) => (pixelAt(mask, column, row) === 1 ? areaPx(mask) : null));
}

/** Number of the mask that is nearest to the place, at most `withinPx` away, by the same ranks; null when none is. */
export function maskNear(
  masks: readonly (RankedMask | null)[],
  place: Place,
  withinPx: number,
): number | null {
  return leastBy(masks, ({ mask }) => distanceTo(mask, place, withinPx));
}

/** The entry with the least measure in the lowest rank that has any; the first of several. */
function leastBy(
  masks: readonly (RankedMask | null)[],
  measure: (entry: RankedMask) => number | null,
): number | null {
  let best: { readonly index: number; readonly rank: number; readonly value: number } | null = null;
  for (const [index, entry] of masks.entries()) {
    if (entry === null || (best !== null && entry.rank > best.rank)) continue;
    const value = measure(entry);
    if (value === null) continue;
    if (best === null || entry.rank < best.rank || value < best.value)
      best = { index, rank: entry.rank, value };
  }
  return best?.index ?? null;
}

/** Pixels from the place to the centre of the nearest foreground pixel; null when that is more than `withinPx`. */
function distanceTo(mask: Mask, { x, y }: Place, withinPx: number): number | null {
  const { box } = mask;
  let least: number | null = null;
  for (let row = Math.max(box.y0, Math.floor(y - withinPx)); row < Math.min(box.y1, y + withinPx); row++) {
    for (
      let column = Math.max(box.x0, Math.floor(x - withinPx));
      column < Math.min(box.x1, x + withinPx);
      column++
    ) {
      if (pixelAt(mask, column, row) === 0) continue;
      const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
      if (distance <= (least ?? withinPx)) least = distance;
    }
  }
  return least;
}
