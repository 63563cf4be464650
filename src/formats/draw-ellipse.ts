import { fillEllipse } from '../refiner/fill-ellipse.js';
import { emptyMask } from '../refiner/mask.js';
import type { Mask, Size } from '../refiner/types.js';
import { requireCoordinates, requireShape } from './require-shape.js';
import type { RoughShape } from './rough-shape.js';
import { toPixels } from './to-pixels.js';

/**
 * Draws an ellipse: the pixels of `image` whose centres lie inside. `x, y` is the centre, `radiusX` and `radiusY` are
 * the half axes (percent of the image's width and height), turned clockwise about the centre in pixels. What lies
 * outside the image is cut off; an ellipse that holds no pixel centre gives the empty mask.
 *
 * Throws SHAPE_INVALID for radii that are negative and for numbers that are not finite.
 */
export function drawEllipse(shape: Extract<RoughShape, { kind: 'ellipse' }>, image: Size): Mask {
  const { radiusX, radiusY, rotationDegrees } = shape;
  requireShape(radiusX >= 0 && radiusY >= 0, 'ellipse', 'radii of 0 or more', `${radiusX}, ${radiusY}`);
  requireShape(Number.isFinite(rotationDegrees), 'ellipse', 'a finite rotation', rotationDegrees);
  const centre = toPixels([shape.x, shape.y], shape.unit, image);
  const radii = toPixels([radiusX, radiusY], shape.unit, image);
  requireCoordinates([...centre, ...radii], 'ellipse');
  const [x = 0, y = 0] = centre;
  const [a = 0, b = 0] = radii;
  if (a === 0 || b === 0) return emptyMask(image);
  return fillEllipse({ x, y, radiusX: a, radiusY: b, rotationDegrees }, image);
}
