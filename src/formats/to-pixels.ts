import type { Size } from '../refiner/types.js';
import type { CoordinateUnit } from './rough-shape.js';

/** Points as x0, y0, x1, y1, … in image pixels; percent are of the image's width and height. */
export function toPixels(points: readonly number[], unit: CoordinateUnit, image: Size): readonly number[] {
  if (unit === 'pixel') return points;
  return points.map((value, i) => (value * (i % 2 === 0 ? image.width : image.height)) / 100);
}
