import { honouredCount, type PixelGuidance } from './guidance.js';
import { isEmpty } from './mask.js';
import type { Box, Size } from './types.js';
import type { Verdict } from './verdict.js';

/** What was found for some guidance in one view of an image. */
export interface Sighting {
  /** On the whole image. */
  readonly verdict: Verdict;
  /** Null for the whole image. */
  readonly view: Box | null;
}

/**
 * Of the answers for one guidance in several views, the one to take: one that found something, one whose mask is not cut
 * off by its view, one that fits most of the guidance, and among equals the greatest product of predicted IoU and
 * stability; the first of equals. Null when there is none.
 */
export function clearestSighting(
  sightings: readonly Sighting[],
  guidance: PixelGuidance,
  image: Size,
): Verdict | null {
  const ranked = sightings.map((sighting) => ({
    verdict: sighting.verdict,
    rank: rankOf(sighting, guidance, image),
  }));
  const best = ranked.reduce<(typeof ranked)[number] | null>(
    (first, next) => (first === null || isAbove(next.rank, first.rank) ? next : first),
    null,
  );
  return best === null ? null : best.verdict;
}

function rankOf({ verdict, view }: Sighting, guidance: PixelGuidance, image: Size): readonly number[] {
  if (verdict.status !== 'refined' || isEmpty(verdict.mask)) return [0];
  const { predictedIou, stability } = verdict.figures;
  const isWhole = view === null || !isCutOff(verdict.mask.box, view, image);
  return [1, isWhole ? 1 : 0, honouredCount(verdict.mask, guidance), predictedIou * stability];
}

/** True where the box reaches a side of the view beyond which the image goes on. */
function isCutOff(box: Box, view: Box, image: Size): boolean {
  return (
    (box.x0 <= view.x0 && view.x0 > 0) ||
    (box.y0 <= view.y0 && view.y0 > 0) ||
    (box.x1 >= view.x1 && view.x1 < image.width) ||
    (box.y1 >= view.y1 && view.y1 < image.height)
  );
}

function isAbove(one: readonly number[], other: readonly number[]): boolean {
  const place = one.findIndex((value, i) => value !== (other[i] ?? 0));
  return place >= 0 && (one[place] ?? 0) > (other[place] ?? 0);
}
