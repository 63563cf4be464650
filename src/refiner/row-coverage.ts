/* eslint-disable @typescript-eslint/no-non-null-assertion -- rows and columns are bounded by the mask's box */
import { firstCentreFrom } from './fill-polygon.js';
import type { Mask } from './types.js';

/**
 * How many pixels of each row of a mask lie left of a column. With it the pixels that a simple polygon shares with the
 * mask are a sum over the polygon's edges, so that a change of one vertex is judged exactly at the cost of its edges.
 */
export interface RowCoverage {
  readonly mask: Mask;
  readonly areaPx: number;
  /** `[boxHeight, boxWidth + 1]`, row-major */
  readonly leftOf: Uint16Array | Uint32Array;
}

/** Pixels of a polygon, those of them that the mask shares, and the rows visited to know it. */
export interface CoverageSums {
  areaPx: number;
  sharedPx: number;
  rows: number;
}

export function rowCoverage(mask: Mask): RowCoverage {
  const { box, data } = mask;
  const width = box.x1 - box.x0;
  const height = box.y1 - box.y0;
  const size = (width + 1) * height;
  const leftOf = width < 65536 ? new Uint16Array(size) : new Uint32Array(size);
  let areaPx = 0;
  for (let y = 0; y < height; y++) {
    const target = y * (width + 1) + 1;
    const source = y * width;
    let count = 0;
    for (let x = 0; x < width; x++) leftOf[target + x] = count += data[source + x]!;
    areaPx += count;
  }
  return { mask, areaPx, leftOf };
}

/**
 * Adds `weight` times what the edge from (xa, ya) to (xb, yb) contributes (image pixels). Summed over simple outlines
 * that have their inside on the right hand, the sums are those of the pixels that `fillPolygon` sets.
 */
export function addEdge(
  coverage: RowCoverage,
  sums: CoverageSums,
  weight: number,
  xa: number,
  ya: number,
  xb: number,
  yb: number,
): void {
  if (ya > yb) {
    addEdge(coverage, sums, -weight, xb, yb, xa, ya);
    return;
  }
  const { mask, leftOf } = coverage;
  const { box, imageWidth } = mask;
  const stride = box.x1 - box.x0 + 1;
  const slope = (xb - xa) / (yb - ya);
  const start = Math.max(0, firstCentreFrom(ya));
  const end = Math.min(mask.imageHeight, firstCentreFrom(yb));
  let area = 0;
  let shared = 0;
  for (let y = start; y < end; y++) {
    const column = Math.min(Math.max(firstCentreFrom(xa + (y + 0.5 - ya) * slope), 0), imageWidth);
    area += column;
    if (y < box.y0 || y >= box.y1 || column <= box.x0) continue;
    shared += leftOf[(y - box.y0) * stride + Math.min(column - box.x0, stride - 1)]!;
  }
  sums.areaPx += weight * area;
  sums.sharedPx += weight * shared;
  sums.rows += Math.max(0, end - start);
}

/** Pixels in which a polygon of these sums and the mask differ, less the mask's area. */
export function mismatchPx(sums: CoverageSums): number {
  return sums.areaPx - 2 * sums.sharedPx;
}

/** IoU of a polygon of these sums with the mask. */
export function coverageIou(coverage: RowCoverage, sums: CoverageSums): number {
  return sums.sharedPx / (sums.areaPx + coverage.areaPx - sums.sharedPx);
}
