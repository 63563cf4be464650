import { firstCentreFrom } from '../refiner/fill-polygon.js';
import { cropMask, emptyMask } from '../refiner/mask.js';
import { rotationOf } from '../refiner/rotation.js';
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
  return fillEllipse(x, y, a, b, rotationOf(rotationDegrees), image);
}

/** Row by row: a line through an ellipse meets it in one stretch, whose ends have a closed form. */
function fillEllipse(
  x: number,
  y: number,
  a: number,
  b: number,
  { cos, sin }: { readonly cos: number; readonly sin: number },
  image: Size,
): Mask {
  const halfWidth = Math.hypot(a * cos, b * sin);
  const halfHeight = Math.hypot(a * sin, b * cos);
  const box = {
    x0: Math.max(0, firstCentreFrom(x - halfWidth)),
    y0: Math.max(0, firstCentreFrom(y - halfHeight)),
    x1: Math.min(image.width, firstCentreFrom(x + halfWidth)),
    y1: Math.min(image.height, firstCentreFrom(y + halfHeight)),
  };
  if (box.x0 >= box.x1 || box.y0 >= box.y1) return emptyMask(image);
  const width = box.x1 - box.x0;
  const data = new Uint8Array(width * (box.y1 - box.y0));
  // The middle of a row's stretch moves along the line that joins the topmost and the lowest point.
  const shear = ((a - b) * (a + b) * cos * sin) / (halfHeight * halfHeight);
  for (let row = box.y0; row < box.y1; row++) {
    const dy = row + 0.5 - y;
    const t = dy / halfHeight;
    const half = ((a * b) / halfHeight) * Math.sqrt(Math.max(0, 1 - t * t));
    const start = Math.max(box.x0, firstCentreFrom(x + shear * dy - half));
    const end = Math.min(box.x1, firstCentreFrom(x + shear * dy + half));
    const offset = (row - box.y0) * width - box.x0;
    if (start < end) data.fill(1, offset + start, offset + end);
  }
  return cropMask({ imageWidth: image.width, imageHeight: image.height, box, data });
}
