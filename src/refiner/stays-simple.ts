/* eslint-disable @typescript-eslint/no-non-null-assertion -- vertex ids are indices of the chain's arrays */
import { someEdgeAlong, someEdgeInBox } from './edge-grid.js';
import type { PolygonDraft } from './polygon-draft.js';
import type { VertexChain } from './vertex-chain.js';

/**
 * Whether the rings neither cross nor touch themselves or each other, and keep their nesting, once the path from vertex
 * `a` to vertex `d` (over one or two vertices) is replaced by a → (x, y) → d. Exact, as coordinates are multiples of
 * 1/16 pixel.
 */
export function staysSimple(draft: PolygonDraft, a: number, d: number, x: number, y: number): boolean {
  const { chain, grid } = draft;
  const [ax, ay, dx, dy] = [chain.x[a]!, chain.y[a]!, chain.x[d]!, chain.y[d]!];
  if (runsBack(x, y, ax, ay, dx, dy)) return false;
  const b = chain.next[a]!;
  const c = chain.next[b]!;
  const isReplaced = (edge: number): boolean => edge === a || edge === b || (edge === c && c !== d);
  const meetsFirst = (edge: number): boolean => !isReplaced(edge) && meets(chain, edge, a, ax, ay, x, y);
  const meetsSecond = (edge: number): boolean => !isReplaced(edge) && meets(chain, edge, d, dx, dy, x, y);
  return (
    !someEdgeAlong(grid, ax, ay, x, y, meetsFirst) &&
    !someEdgeAlong(grid, x, y, dx, dy, meetsSecond) &&
    !turnsOver(chain, a, d, x, y) &&
    (draft.ringCount === 1 || !passesOverRing(draft, a, d, x, y))
  );
}

/** Whether an edge meets the segment from vertex `shared` to (x, y), other than in that vertex as its own end. */
function meets(
  chain: VertexChain,
  edge: number,
  shared: number,
  sharedX: number,
  sharedY: number,
  x: number,
  y: number,
): boolean {
  const end = chain.next[edge]!;
  if (edge === shared) return runsBack(sharedX, sharedY, x, y, chain.x[end]!, chain.y[end]!);
  if (end === shared) return runsBack(sharedX, sharedY, x, y, chain.x[edge]!, chain.y[edge]!);
  return segmentsMeet(sharedX, sharedY, x, y, chain.x[edge]!, chain.y[edge]!, chain.x[end]!, chain.y[end]!);
}

/** Whether the segments from o to p and from o to q lie upon each other, or one of them is a point. */
function runsBack(ox: number, oy: number, px: number, py: number, qx: number, qy: number): boolean {
  const cross = (px - ox) * (qy - oy) - (py - oy) * (qx - ox);
  if (cross !== 0) return false;
  return (px - ox) * (qx - ox) + (py - oy) * (qy - oy) >= 0;
}

/** Whether the closed segments p → q and r → s share a point. */
function segmentsMeet(
  px: number,
  py: number,
  qx: number,
  qy: number,
  rx: number,
  ry: number,
  sx: number,
  sy: number,
): boolean {
  if (Math.max(px, qx) < Math.min(rx, sx) || Math.max(rx, sx) < Math.min(px, qx)) return false;
  if (Math.max(py, qy) < Math.min(ry, sy) || Math.max(ry, sy) < Math.min(py, qy)) return false;
  const sideR = (qx - px) * (ry - py) - (qy - py) * (rx - px);
  const sideS = (qx - px) * (sy - py) - (qy - py) * (sx - px);
  if (sideR * sideS > 0) return false;
  const sideP = (sx - rx) * (py - ry) - (sy - ry) * (px - rx);
  const sideQ = (sx - rx) * (qy - ry) - (sy - ry) * (qx - rx);
  return sideP * sideQ <= 0;
}

/**
 * Whether the ring would be turned inside out: the new path runs beyond all of the ring's other vertices, which it can
 * do without crossing the edges at `a` and `d`.
 */
function turnsOver(chain: VertexChain, a: number, d: number, x: number, y: number): boolean {
  const path = sweptPath(chain, a, d, x, y);
  const rest = chain.next[d]!;
  if (rest !== a) return isInside(path, chain.x[rest]!, chain.y[rest]!);
  // The old ring is the path without its first point, run backwards; the new one the triangle a, (x, y), d.
  const triangle = [...path.slice(-2), ...path.slice(0, 4)];
  return signedArea(path.slice(2)) * signedArea(triangle) >= 0;
}

/** Whether a vertex of another ring lies between the old path and the new one; edges are known not to cross. */
function passesOverRing(draft: PolygonDraft, a: number, d: number, x: number, y: number): boolean {
  const { chain, grid } = draft;
  const path = sweptPath(chain, a, d, x, y);
  const xs = path.filter((_, i) => i % 2 === 0);
  const ys = path.filter((_, i) => i % 2 === 1);
  const box = { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
  const ring = chain.ringOf[a]!;
  return someEdgeInBox(
    grid,
    box,
    (edge) => chain.ringOf[edge] !== ring && isInside(path, chain.x[edge]!, chain.y[edge]!),
  );
}

/** The new point, then the old path backwards from `d` to `a`. */
function sweptPath(chain: VertexChain, a: number, d: number, x: number, y: number): number[] {
  const path: number[] = [x, y];
  for (let id = d; id !== a; id = chain.previous[id]!) path.push(chain.x[id]!, chain.y[id]!);
  path.push(chain.x[a]!, chain.y[a]!);
  return path;
}

/** Twice the area, signed by the sense of rotation. */
function signedArea(path: readonly number[]): number {
  let area = 0;
  for (let i = 0; i < path.length; i += 2) {
    const j = (i + 2) % path.length;
    area += path[i]! * path[j + 1]! - path[j]! * path[i + 1]!;
  }
  return area;
}

/** Even-odd. */
function isInside(path: readonly number[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0; i < path.length; i += 2) {
    const j = (i + 2) % path.length;
    const ya = path[i + 1]! - y;
    const yb = path[j + 1]! - y;
    if (ya > 0 === yb > 0) continue;
    if (path[i]! - x + (ya / (ya - yb)) * (path[j]! - path[i]!) > 0) inside = !inside;
  }
  return inside;
}
