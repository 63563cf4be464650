import { fillPolygon } from '../refiner/fill-polygon.js';
import { rotationOf } from '../refiner/rotation.js';
import type { Mask, Size } from '../refiner/types.js';
import { requireCoordinates, requireShape } from './require-shape.js';
import type { RoughShape } from './rough-shape.js';
import { toPixels } from './to-pixels.js';

/**
 * Draws a rectangle: `x, y` is its corner before rotation, `rotationDegrees` turns it clockwise about that corner, in
 * pixels (percent are converted first). What lies outside the image is cut off; a rectangle that holds no pixel centre
 * gives the empty mask. Source: protocol note on Label Studio, §6.2.
 *
 * Throws SHAPE_INVALID for sides that are negative and for numbers that are not finite.
 */
export function drawRectangle(shape: Extract<RoughShape, { kind: 'rectangle' }>, image: Size): Mask {
  const { width, height, rotationDegrees } = shape;
  requireShape(width >= 0 && height >= 0, 'rectangle', 'sides of 0 or more', `${width} × ${height}`);
  requireShape(Number.isFinite(rotationDegrees), 'rectangle', 'a finite rotation', rotationDegrees);
  const corner = toPixels([shape.x, shape.y], shape.unit, image);
  const sides = toPixels([width, height], shape.unit, image);
  requireCoordinates([...corner, ...sides], 'rectangle');
  const [x = 0, y = 0] = corner;
  const [w = 0, h = 0] = sides;
  const { cos, sin } = rotationOf(rotationDegrees);
  const ring = [
    ...[x, y],
    ...[x + w * cos, y + w * sin],
    ...[x + w * cos - h * sin, y + w * sin + h * cos],
    ...[x - h * sin, y + h * cos],
  ];
  return fillPolygon([ring], image);
}
