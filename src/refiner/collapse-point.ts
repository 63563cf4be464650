/* eslint-disable @typescript-eslint/no-non-null-assertion -- vertex ids are indices of the chain's arrays */
import type { Size } from './types.js';
import type { VertexChain } from './vertex-chain.js';

/** Where an edge collapses to, and the area between the outline before and after. */
export interface CollapsePoint {
  readonly x: number;
  readonly y: number;
  readonly displacedPx: number;
}

/**
 * Coordinates are kept at sixteenths of a pixel: finer than any mask can tell, short when written down, and exact in
 * the products by which crossings are found.
 */
export const GRAIN_PX = 1 / 16;

/** A coordinate at the grain, within `[0, limit]`. */
export function toGrain(value: number, limit: number): number {
  return Math.min(Math.max(Math.round(value / GRAIN_PX) * GRAIN_PX, 0), limit);
}

/**
 * The point E that may replace the edge b → c in a → b → c → d so that the enclosed area stays the same, on the line
 * through a and b or through c and d, whichever displaces less. Source: Kronenfeld et al., "Simplification of polylines
 * by segment collapse: minimizing areal displacement while preserving area", IJC 2020, section 3.
 */
export function collapsePoint(chain: VertexChain, b: number, image: Size): CollapsePoint {
  const { x, y } = chain;
  const a = chain.previous[b]!;
  const c = chain.next[b]!;
  const d = chain.next[c]!;
  // Relative to a, which lies at the origin.
  const bx = x[b]! - x[a]!;
  const by = y[b]! - y[a]!;
  const cx = x[c]! - x[a]!;
  const cy = y[c]! - y[a]!;
  const dx = x[d]! - x[a]!;
  const dy = y[d]! - y[a]!;
  const heightB = bx * dy - by * dx;
  const heightC = cx * dy - cy * dx;
  const area = bx * cy - by * cx + cx * dy - cy * dx;
  let ex = dx / 2;
  let ey = dy / 2;
  const alongAb = heightB * heightC > 0 ? Math.abs(heightB) > Math.abs(heightC) : heightB * area > 0;
  if (area !== 0 && alongAb) {
    ex = (bx * area) / heightB;
    ey = (by * area) / heightB;
  } else if (area !== 0 && heightC !== 0) {
    ex = dx + ((cx - dx) * area) / heightC;
    ey = dy + ((cy - dy) * area) / heightC;
  }
  const px = toGrain(x[a]! + ex, image.width);
  const py = toGrain(y[a]! + ey, image.height);
  ex = px - x[a]!;
  ey = py - y[a]!;
  const lost = Math.abs(area - (ex * dy - ey * dx)) / 2;
  const lobes = alongAb ? lobesPx(bx, by, cx, cy, dx, dy, ex, ey) : lobesPx(cx, cy, bx, by, 0, 0, ex, ey);
  return { x: px, y: py, displacedPx: lobes + lost };
}

/** Area between b → c → d and b → e → d, where e lies on the line through a and b, hence e → d crosses b → c. */
function lobesPx(
  bx: number,
  by: number,
  cx: number,
  cy: number,
  dx: number,
  dy: number,
  ex: number,
  ey: number,
): number {
  const sideB = (bx - ex) * (dy - ey) - (by - ey) * (dx - ex);
  const sideC = (cx - ex) * (dy - ey) - (cy - ey) * (dx - ex);
  const share = sideB * sideC < 0 ? sideB / (sideB - sideC) : 0;
  const crossingX = bx + share * (cx - bx);
  const crossingY = by + share * (cy - by);
  return trianglePx(ex, ey, bx, by, crossingX, crossingY) + trianglePx(crossingX, crossingY, cx, cy, dx, dy);
}

function trianglePx(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  return Math.abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) / 2;
}
