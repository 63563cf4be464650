import { RefinerError } from '../errors.js';

/** Coordinates further away than this are a mistake, and arithmetic on them is no longer exact to a pixel. */
export const MAX_COORDINATE_PX = 1e12;

/** Throws SHAPE_INVALID with what was expected and received unless `holds`. */
export function requireShape(
  holds: boolean,
  where: string,
  expected: string,
  received: string | number,
): void {
  if (!holds) throw new RefinerError('SHAPE_INVALID', { where, expected, received: String(received) });
}

/** Throws SHAPE_INVALID unless every number is finite and within ±MAX_COORDINATE_PX. */
export function requireCoordinates(values: readonly number[], where: string): void {
  for (const value of values) {
    requireShape(
      Math.abs(value) <= MAX_COORDINATE_PX,
      where,
      `finite coordinates within ±${MAX_COORDINATE_PX} pixels`,
      value,
    );
  }
}
