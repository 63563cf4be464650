import type { Ellipse } from './ellipse.js';
import { boundsOf, type GuideBox, type PixelGuidance } from './guidance.js';
import type { Size } from './types.js';

/** Radii of the discs that stand for an object of unknown size, as shares of the image's longest side. */
const GUESSED_RADII = [0.1, 0.2, 0.3] as const;

/**
 * Shapes that someone who sees only the guidance would guess, for models that were taught to want one: the ellipse in the
 * box; else ellipses around the clicks on the object, of several sizes where few clicks leave the size open. None
 * without a box and clicks on the object.
 */
export function guessShapes({ positives, box }: PixelGuidance, image: Size): readonly Ellipse[] {
  if (box !== null) return [ellipseAround(box, 1, 0)];
  const bounds = boundsOf(positives, null);
  if (bounds === null) return [];
  const longest = Math.max(image.width, image.height);
  // An ellipse through a rectangle's corners is √2 times as wide and high.
  const least = Math.max(bounds.x1 + 1 - bounds.x0, bounds.y1 + 1 - bounds.y0) * Math.SQRT1_2;
  const open = GUESSED_RADII.filter((share) => share * longest > least);
  return (open.length > 0 ? open : [0]).map((share) => ellipseAround(bounds, Math.SQRT2, share * longest));
}

function ellipseAround(bounds: GuideBox, scale: number, leastRadius: number): Ellipse {
  const width = bounds.x1 + 1 - bounds.x0;
  const height = bounds.y1 + 1 - bounds.y0;
  return {
    x: bounds.x0 + width / 2,
    y: bounds.y0 + height / 2,
    radiusX: Math.max((scale * width) / 2, leastRadius),
    radiusY: Math.max((scale * height) / 2, leastRadius),
    rotationDegrees: 0,
  };
}
