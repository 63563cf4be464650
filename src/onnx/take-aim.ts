import { guidanceInPixels } from '../formats/guidance.js';
import type { RoughShape } from '../formats/rough-shape.js';
import { shapeToMask } from '../formats/shape-to-mask.js';
import { toPixels } from '../formats/to-pixels.js';
import { maskClicked, masksInside } from '../refiner/aim.js';
import type { PixelGuidance } from '../refiner/guidance.js';
import type { RankedMask } from '../refiner/mask-at-point.js';
import { isEmpty } from '../refiner/mask.js';
import type { Size } from '../refiner/types.js';
import type { Aim, ShapeOutcome } from './inference.js';
import type { DrawnShape } from './shape-outcomes.js';

const NOT_MEANT: ShapeOutcome = { status: 'kept', reason: 'not-meant', figures: null };

/**
 * Leaves of the drawn shapes those that are meant, with the clicks that speak of them as their guidance; the others have
 * the outcome `not-meant`. When no mask is meant, the shapes without one are. A shape that could not be drawn keeps its
 * own failure.
 */
export async function takeAim(
  { at, ranks }: Aim,
  drawn: readonly DrawnShape[],
  image: Size,
): Promise<readonly DrawnShape[]> {
  const masks = drawn.map((shape, index): RankedMask | null =>
    'outcome' in shape || shape.mask === null ? null : { mask: shape.mask, rank: ranks[index] ?? 0 },
  );
  const aimed = at.kind === 'clicks' ? aimOfClicks(at, masks, image) : await aimOfArea(at.area, masks, image);
  return drawn.map((shape, index) => {
    if ('outcome' in shape) return shape;
    const isMeant =
      aimed !== null && (shape.mask === null ? aimed.masks.length === 0 : aimed.masks.includes(index));
    if (!isMeant) return { request: shape.request, outcome: NOT_MEANT };
    return shape.mask === null
      ? { ...shape, guidance: aimed.guidance ?? shape.guidance }
      : { ...shape, guidance: aimed.guidance };
  });
}

interface Aimed {
  /** Places of the shapes that are meant; none for something new. */
  readonly masks: readonly number[];
  readonly guidance: PixelGuidance | null;
}

function aimOfClicks(
  { unit, clicks }: Extract<Aim['at'], { kind: 'clicks' }>,
  masks: readonly (RankedMask | null)[],
  image: Size,
): Aimed | null {
  const places = clicks.map(({ x, y, positive }) => {
    const [px = NaN, py = NaN] = toPixels([x, y], unit, image);
    return { x: px, y: py, positive };
  });
  const meant = maskClicked(masks, places, image);
  if (meant === null) return null;
  const points = meant.clicks.flatMap((index) => clicks[index] ?? []);
  const guidance = points.length === 0 ? null : guidanceInPixels({ unit, points, box: null }, image);
  return { masks: meant.mask === null ? [] : [meant.mask], guidance };
}

/** The area lies in the image where it was drawn; a new mask is looked for in its tight box. */
async function aimOfArea(
  area: RoughShape,
  masks: readonly (RankedMask | null)[],
  image: Size,
): Promise<Aimed | null> {
  const mask = await shapeToMask(area, image);
  if (isEmpty(mask)) return null;
  const inside = masksInside(masks, mask);
  if (inside.length > 0) return { masks: inside, guidance: null };
  const { x0, y0, x1, y1 } = mask.box;
  return { masks: [], guidance: { positives: [], negatives: [], box: { x0, y0, x1: x1 - 1, y1: y1 - 1 } } };
}
