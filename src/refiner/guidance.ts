import type { PromptBox } from './elastic-box.js';
import { isEmpty, pixelAt } from './mask.js';
import type { Mask, Point } from './types.js';

/** A box that a person drew: the pixels in its corners, inclusive. */
export type GuideBox = Omit<PromptBox, 'expanded'>;

/** What a person points at in one image, as pixel indices in it; clicks of a sign in the order they were made. */
export interface PixelGuidance {
  /** Lie on the object. */
  readonly positives: readonly Point[];
  /** Lie beside it. */
  readonly negatives: readonly Point[];
  readonly box: GuideBox | null;
}

/** Least IoU of a mask's tight box with the box that was drawn around the object. */
const BOX_FITS = 0.8;

/** Into how many of the clicks, and into the box if there is one, a mask fits. */
export function honouredCount(mask: Mask, { positives, negatives, box }: PixelGuidance): number {
  const right = positives.filter(({ x, y }) => pixelAt(mask, x, y) === 1).length;
  const spared = negatives.filter(({ x, y }) => pixelAt(mask, x, y) === 0).length;
  return right + spared + (box !== null && boxIou(mask, box) >= BOX_FITS ? 1 : 0);
}

/** How much `honouredCount` counts at most. */
export function guidanceCount({ positives, negatives, box }: PixelGuidance): number {
  return positives.length + negatives.length + (box === null ? 0 : 1);
}

/** The smallest box around the points and, if given, another box; null for nothing. */
export function boundsOf(points: readonly Point[], box: GuideBox | null): GuideBox | null {
  let bounds = box;
  for (const { x, y } of points) {
    bounds = {
      x0: Math.min(x, bounds?.x0 ?? x),
      y0: Math.min(y, bounds?.y0 ?? y),
      x1: Math.max(x, bounds?.x1 ?? x),
      y1: Math.max(y, bounds?.y1 ?? y),
    };
  }
  return bounds;
}

function boxIou(mask: Mask, box: GuideBox): number {
  if (isEmpty(mask)) return 0;
  const tight = mask.box;
  const width = Math.min(tight.x1, box.x1 + 1) - Math.max(tight.x0, box.x0);
  const height = Math.min(tight.y1, box.y1 + 1) - Math.max(tight.y0, box.y0);
  const shared = Math.max(0, width) * Math.max(0, height);
  const drawn = (box.x1 + 1 - box.x0) * (box.y1 + 1 - box.y0);
  return shared / ((tight.x1 - tight.x0) * (tight.y1 - tight.y0) + drawn - shared);
}
