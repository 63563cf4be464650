import { ellipseRows, type Ellipse } from '../refiner/ellipse.js';
import { cropMask, emptyMask } from '../refiner/mask.js';
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

function fillEllipse(ellipse: Ellipse, image: Size): Mask {
  const rows = ellipseRows(ellipse);
  const box = {
    x0: Math.max(0, rows.x0),
    y0: Math.max(0, rows.y0),
    x1: Math.min(image.width, rows.x1),
    y1: Math.min(image.height, rows.y1),
  };
  if (box.x0 >= box.x1 || box.y0 >= box.y1) return emptyMask(image);
  const width = box.x1 - box.x0;
  const data = new Uint8Array(width * (box.y1 - box.y0));
  for (let y = box.y0; y < box.y1; y++) {
    const start = Math.max(box.x0, rows.startOf(y));
    const end = Math.min(box.x1, rows.endOf(y));
    const offset = (y - box.y0) * width - box.x0;
    if (start < end) data.fill(1, offset + start, offset + end);
  }
  return cropMask({ imageWidth: image.width, imageHeight: image.height, box, data });
}
