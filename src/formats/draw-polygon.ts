/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over rings */
import { fillPolygon } from '../refiner/fill-polygon.js';
import type { Mask, Size } from '../refiner/types.js';
import { requireCoordinates, requireShape } from './require-shape.js';
import type { Ring, RoughShape } from './rough-shape.js';
import { toPixels } from './to-pixels.js';

/** More vertices than any outline has; a mask of 12 megapixels seldom needs 100,000. */
export const MAX_POLYGON_VERTICES = 1_000_000;

/** Work limit: rows crossed by all edges together. A million full-height edges would keep a worker busy for minutes. */
export const MAX_EDGE_ROWS = 100_000_000;

/**
 * Draws even-odd filled rings: the pixels of `image` whose centres lie inside. Coordinates may lie outside the image;
 * that part is cut off and costs nothing. A polygon that holds no pixel centre gives the empty mask.
 *
 * Throws SHAPE_INVALID for no ring, an odd number of coordinates, fewer than three distinct points in a ring,
 * coordinates that are not finite, and more vertices or edge rows than the limits above.
 */
export function drawPolygon(shape: Extract<RoughShape, { kind: 'polygon' }>, image: Size): Mask {
  const { rings } = shape;
  const vertices = rings.reduce((sum, ring) => sum + ring.length / 2, 0);
  requireShape(rings.length > 0, 'polygon', 'at least one ring', 'none');
  requireShape(
    vertices <= MAX_POLYGON_VERTICES,
    'polygon',
    `at most ${MAX_POLYGON_VERTICES} vertices`,
    vertices,
  );
  rings.forEach(requireRing);
  const inPixels = rings.map((ring) => toPixels(ring, shape.unit, image));
  inPixels.forEach((ring, i) => requireCoordinates(ring, ringName(i)));
  const edgeRows = inPixels.reduce((sum, ring) => sum + rowsCrossed(ring, image.height), 0);
  requireShape(edgeRows <= MAX_EDGE_ROWS, 'polygon', `edges over at most ${MAX_EDGE_ROWS} rows`, edgeRows);
  return fillPolygon(inPixels, image);
}

function requireRing(ring: Ring, index: number): void {
  const name = ringName(index);
  requireShape(ring.length % 2 === 0, name, 'pairs of x and y', `${ring.length} numbers`);
  const distinct = distinctPoints(ring);
  requireShape(distinct >= 3, name, 'at least 3 distinct points', distinct);
}

function ringName(index: number): string {
  return `polygon ring ${index}`;
}

/** Distinct points, counted up to three. */
function distinctPoints(ring: Ring): number {
  const found: [number, number][] = [];
  for (let i = 0; i < ring.length && found.length < 3; i += 2) {
    const x = ring[i]!;
    const y = ring[i + 1]!;
    if (!found.some(([foundX, foundY]) => foundX === x && foundY === y)) found.push([x, y]);
  }
  return found.length;
}

function rowsCrossed(ring: Ring, height: number): number {
  let rows = 0;
  let before = clamp(ring[ring.length - 1]!, height);
  for (let i = 1; i < ring.length; i += 2) {
    const y = clamp(ring[i]!, height);
    rows += Math.abs(y - before);
    before = y;
  }
  return Math.round(rows);
}

function clamp(y: number, height: number): number {
  return Math.min(Math.max(y, 0), height);
}
