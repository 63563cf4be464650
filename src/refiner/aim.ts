import { areaPx, isEmpty } from './mask.js';
import { maskNear, maskUnder, type Place, type RankedMask } from './mask-at-point.js';
import { intersectionArea } from './metrics.js';
import type { Mask, Size } from './types.js';

/** A click: on the object, or with `positive` false on what does not belong to it. */
export interface Click extends Place {
  readonly positive: boolean;
}

/** What clicks mean. */
export interface ClickedMask {
  /** Number of the mask that is meant; null for something that has no mask yet. */
  readonly mask: number | null;
  /** Numbers of the clicks that say something about it, in their order. */
  readonly clicks: readonly number[];
}

/** A click beside a mask by so much still means it, in pixels; on large images the share of the longer side. */
const NEAR_PX = 8;
const NEAR_SHARE = 0.005;

/**
 * Finds the mask that clicks (pixels of `image`, the newest last) mean. The newest decides: the smallest mask under it,
 * or else the nearest within 8 pixels or 0.5 % of the image's longer side. Others are told from leftovers of earlier
 * work by where they lie: those that say something about the mask are its corrections. One click in a mask says no
 * more than which it is.
 *
 * A negative click that is on no mask corrects what the positive click before it means; one on a mask corrects that
 * mask, unless the click before it is at work on something new. Null when nothing is meant: negative clicks alone, on
 * no mask.
 */
export function maskClicked(
  masks: readonly (RankedMask | null)[],
  clicks: readonly Click[],
  image: Size,
): ClickedMask | null {
  const newest = clicks.at(-1);
  if (newest === undefined) return null;
  const nearPx = Math.max(NEAR_PX, NEAR_SHARE * Math.max(image.width, image.height));
  const meant = meantBy(newest, clicks.filter(({ positive }) => positive).at(-1), masks, nearPx);
  if (meant === 'nothing') return null;
  const mask = meant === 'something new' ? null : (masks[meant]?.mask ?? null);
  if (mask === null || typeof meant !== 'number')
    return { mask: null, clicks: clicksOnNoMask(masks, clicks) };
  return { mask: meant, clicks: corrections(mask, clicks, nearPx) };
}

/** Numbers of the masks lying mainly (by more than half) in the area, of the lowest rank that has any. */
export function masksInside(masks: readonly (RankedMask | null)[], area: Mask): readonly number[] {
  const inside = masks.map(
    (entry) =>
      entry !== null && !isEmpty(entry.mask) && 2 * intersectionArea(entry.mask, area) > areaPx(entry.mask),
  );
  const rank = masks.reduce(
    (least, entry, index) => (inside[index] === true && entry !== null ? Math.min(least, entry.rank) : least),
    Infinity,
  );
  return masks.flatMap((entry, index) => (inside[index] === true && entry?.rank === rank ? [index] : []));
}

function meantBy(
  newest: Click,
  lastPositive: Click | undefined,
  masks: readonly (RankedMask | null)[],
  nearPx: number,
): number | 'something new' | 'nothing' {
  const near = (click: Click): number | null => maskUnder(masks, click) ?? maskNear(masks, click, nearPx);
  if (newest.positive) return near(newest) ?? 'something new';
  if (lastPositive === undefined) return near(newest) ?? 'nothing';
  const begun = near(lastPositive);
  return begun === null ? 'something new' : (maskUnder(masks, newest) ?? begun);
}

/** Positive clicks in a mask belong to it; what is not wanted may have one. */
function clicksOnNoMask(masks: readonly (RankedMask | null)[], clicks: readonly Click[]): readonly number[] {
  return clicks.flatMap((click, i) => (click.positive && maskUnder(masks, click) !== null ? [] : [i]));
}

function corrections(mask: Mask, clicks: readonly Click[], nearPx: number): readonly number[] {
  const { x0, y0, x1, y1 } = mask.box;
  const marginX = nearPx + (x1 - x0) / 2;
  const marginY = nearPx + (y1 - y0) / 2;
  const about = clicks.flatMap((click, i) => {
    const { x, y, positive } = click;
    const isAround = x >= x0 - marginX && x < x1 + marginX && y >= y0 - marginY && y < y1 + marginY;
    const isInside = maskUnder([{ mask, rank: 0 }], click) !== null;
    return (positive ? isInside : isAround || i === clicks.length - 1) ? [i] : [];
  });
  return about.length === 1 && about.every((i) => clicks[i]?.positive === true) ? [] : about;
}
