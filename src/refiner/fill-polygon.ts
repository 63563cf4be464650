/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over rings and typed arrays */
import { cropMask, emptyMask } from './mask.js';
import type { Box, Mask, Size } from './types.js';

/** Vertices as x0, y0, x1, y1, … in image pixels (pixel edges at integers); closed implicitly. */
export type Ring = readonly number[];

/**
 * Fills rings by the even-odd rule: pixel (x, y) is foreground when its centre (x + 0.5, y + 0.5) lies inside an odd
 * number of rings. A centre exactly on an outline counts as inside on the left and upper side only, so polygons that
 * share an edge divide its pixels. What lies outside the image is cut off and costs nothing. Coordinates are finite.
 */
export function fillPolygon(rings: readonly Ring[], image: Size): Mask {
  const box = centresWithin(rings, image);
  if (box.x0 >= box.x1 || box.y0 >= box.y1) return emptyMask(image);
  const width = box.x1 - box.x0;
  const data = new Uint8Array(width * (box.y1 - box.y0));
  for (const ring of rings) {
    const last = ring.length - 2;
    for (let i = 0; i <= last; i += 2) {
      const j = i === 0 ? last : i - 2;
      toggleEdge(data, box, ring[j]!, ring[j + 1]!, ring[i]!, ring[i + 1]!);
    }
  }
  for (let row = 0; row < data.length; row += width) {
    let inside = 0;
    for (let i = row; i < row + width; i++) {
      inside ^= data[i]!;
      data[i] = inside;
    }
  }
  return cropMask({ imageWidth: image.width, imageHeight: image.height, box, data });
}

/** First row or column whose centre is not before the coordinate. */
export function firstCentreFrom(coordinate: number): number {
  return Math.ceil(coordinate - 0.5);
}

/** Flips, in each row whose centre line the edge crosses, the first pixel whose centre is not left of the crossing. */
function toggleEdge(data: Uint8Array, box: Box, xa: number, ya: number, xb: number, yb: number): void {
  if (ya > yb) {
    // Both directions of an edge must cross at the same numbers.
    toggleEdge(data, box, xb, yb, xa, ya);
    return;
  }
  const slope = (xb - xa) / (yb - ya);
  const width = box.x1 - box.x0;
  const end = Math.min(box.y1, firstCentreFrom(yb));
  for (let y = Math.max(box.y0, firstCentreFrom(ya)); y < end; y++) {
    const column = Math.max(0, firstCentreFrom(xa + (y + 0.5 - ya) * slope) - box.x0);
    if (column < width) data[(y - box.y0) * width + column]! ^= 1;
  }
}

/** The pixels of the image whose centres lie within the bounds of the rings. */
function centresWithin(rings: readonly Ring[], image: Size): Box {
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i += 2) {
      const x = ring[i]!;
      const y = ring[i + 1]!;
      if (x < minX) minX = x;
      if (x > maxX) maxX = x;
      if (y < minY) minY = y;
      if (y > maxY) maxY = y;
    }
  }
  return {
    x0: Math.max(0, firstCentreFrom(minX)),
    y0: Math.max(0, firstCentreFrom(minY)),
    x1: Math.min(image.width, firstCentreFrom(maxX)),
    y1: Math.min(image.height, firstCentreFrom(maxY)),
  };
}
