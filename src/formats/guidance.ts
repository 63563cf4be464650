import { RefinerError } from '../errors.js';
import type { GuideBox, PixelGuidance } from '../refiner/guidance.js';
import type { Point, Size } from '../refiner/types.js';
import { MAX_COORDINATE_PX } from './require-shape.js';
import type { CoordinateUnit } from './rough-shape.js';
import { toPixels } from './to-pixels.js';

/** What a person points at: clicks, in the order they were made, and a box. */
export interface Guidance {
  readonly unit: CoordinateUnit;
  readonly points: readonly { readonly x: number; readonly y: number; readonly positive: boolean }[];
  readonly box: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number } | null;
}

/** More clicks than anyone makes on one object; each takes memory in the model's attention. */
export const MAX_GUIDANCE_POINTS = 256;

/**
 * Guidance as pixel indices of `image`. A click is the pixel it lies in, the nearest one if it lies outside the image. A
 * box is given by two opposite corners in any order and is cut off at the image; it holds at least one pixel.
 *
 * Throws GUIDANCE_INVALID for numbers that are not finite, for more than MAX_GUIDANCE_POINTS clicks, and for a box
 * beside the image.
 */
export function guidanceInPixels({ unit, points, box }: Guidance, image: Size): PixelGuidance {
  if (points.length > MAX_GUIDANCE_POINTS) {
    throw invalid(`at most ${MAX_GUIDANCE_POINTS} points`, `${points.length}`);
  }
  const pixelsOf = (positive: boolean): readonly Point[] =>
    points.filter((point) => point.positive === positive).map(({ x, y }) => pixelAt(x, y, unit, image));
  return {
    positives: pixelsOf(true),
    negatives: pixelsOf(false),
    box: box === null ? null : boxInPixels(box, unit, image),
  };
}

/**
 * Guidance that says where the object is, as segmenting without a rough shape needs it. Throws GUIDANCE_INVALID where
 * there is neither a box nor a click on the object.
 */
export function requireTarget(guidance: PixelGuidance | null): PixelGuidance {
  if (guidance !== null && (guidance.positives.length > 0 || guidance.box !== null)) return guidance;
  throw invalid('a rough shape, a point on the object or a box around it', 'none of them');
}

function pixelAt(x: number, y: number, unit: CoordinateUnit, image: Size): Point {
  const [px, py] = finitePixels([x, y], unit, image);
  return { x: clipped(Math.floor(px), image.width), y: clipped(Math.floor(py), image.height) };
}

function boxInPixels(box: NonNullable<Guidance['box']>, unit: CoordinateUnit, image: Size): GuideBox {
  const [xa, ya] = finitePixels([box.x0, box.y0], unit, image);
  const [xb, yb] = finitePixels([box.x1, box.y1], unit, image);
  const [left, right] = [Math.min(xa, xb), Math.max(xa, xb)];
  const [top, bottom] = [Math.min(ya, yb), Math.max(ya, yb)];
  if (left >= image.width || top >= image.height || right <= 0 || bottom <= 0) {
    throw invalid(
      `a box that meets the ${image.width} × ${image.height} pixels of the image`,
      `${left}, ${top} to ${right}, ${bottom}`,
    );
  }
  const x0 = clipped(Math.floor(left), image.width);
  const y0 = clipped(Math.floor(top), image.height);
  return {
    x0,
    y0,
    x1: Math.max(x0, clipped(Math.ceil(right) - 1, image.width)),
    y1: Math.max(y0, clipped(Math.ceil(bottom) - 1, image.height)),
  };
}

function finitePixels(
  pair: readonly [number, number],
  unit: CoordinateUnit,
  image: Size,
): readonly [number, number] {
  const [x = NaN, y = NaN] = toPixels(pair, unit, image);
  // Also false for NaN.
  if (Math.abs(x) <= MAX_COORDINATE_PX && Math.abs(y) <= MAX_COORDINATE_PX) return [x, y];
  throw invalid(`finite coordinates within ±${MAX_COORDINATE_PX} pixels`, `${x}, ${y}`);
}

function clipped(index: number, count: number): number {
  return Math.min(Math.max(index, 0), count - 1);
}

function invalid(expected: string, received: string): RefinerError {
  return new RefinerError('GUIDANCE_INVALID', { where: 'the points and the box', expected, received });
}
