import { firstCentreFrom } from './fill-polygon.js';
import { rotationOf } from './rotation.js';

/** Centre and half axes in image pixels; turned by `rotationDegrees` clockwise about the centre. */
export interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly radiusX: number;
  readonly radiusY: number;
  readonly rotationDegrees: number;
}

/** The pixels of an ellipse row by row: those of row `y` whose centres lie inside are `[startOf(y), endOf(y))`. */
export interface EllipseRows {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly startOf: (y: number) => number;
  readonly endOf: (y: number) => number;
}

/** A horizontal line meets an ellipse in one stretch, whose ends have a closed form. Radii are positive. */
export function ellipseRows({ x, y, radiusX: a, radiusY: b, rotationDegrees }: Ellipse): EllipseRows {
  const { cos, sin } = rotationOf(rotationDegrees);
  const halfWidth = Math.hypot(a * cos, b * sin);
  const halfHeight = Math.hypot(a * sin, b * cos);
  // The middle of the stretch moves along the line that joins the topmost and the lowest point.
  const shear = ((a - b) * (a + b) * cos * sin) / (halfHeight * halfHeight);
  const middle = (row: number): number => x + shear * (row + 0.5 - y);
  const half = (row: number): number => {
    const t = (row + 0.5 - y) / halfHeight;
    return ((a * b) / halfHeight) * Math.sqrt(Math.max(0, 1 - t * t));
  };
  return {
    x0: firstCentreFrom(x - halfWidth),
    x1: firstCentreFrom(x + halfWidth),
    y0: firstCentreFrom(y - halfHeight),
    y1: firstCentreFrom(y + halfHeight),
    startOf: (row) => firstCentreFrom(middle(row) - half(row)),
    endOf: (row) => firstCentreFrom(middle(row) + half(row)),
  };
}
