import assert from 'node:assert/strict';
import type { Ring } from '../../src/refiner/fill-polygon.js';

interface Edge {
  readonly ring: number;
  readonly index: number;
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

/** Asserts, pair by pair, that no two edges share a point but neighbours their common end. */
export function assertSimple(rings: readonly Ring[]): void {
  const edges = rings.flatMap((ring, r) => edgesOf(ring, r));
  for (let i = 0; i < edges.length; i++) {
    for (let j = i + 1; j < edges.length; j++) {
      const [a, b] = [edges[i], edges[j]];
      if (a === undefined || b === undefined) continue;
      assert.ok(!conflict(a, b), `edges ${JSON.stringify(a)} and ${JSON.stringify(b)} meet`);
    }
  }
}

/** Enclosed area in pixels; positive clockwise on the screen. */
export function ringArea(ring: Ring): number {
  return edgesOf(ring, 0).reduce((sum, { from, to }) => sum + (from[0] * to[1] - to[0] * from[1]) / 2, 0);
}

function edgesOf(ring: Ring, r: number): Edge[] {
  const points = ring
    .filter((_, i) => i % 2 === 0)
    .map((x, i): [number, number] => [x, ring[2 * i + 1] ?? 0]);
  return points.map((from, index) => ({
    ring: r,
    index,
    from,
    to: points[(index + 1) % points.length] ?? from,
  }));
}

function conflict(a: Edge, b: Edge): boolean {
  if (a.ring === b.ring && same(a.to, b.from) && same(b.to, a.from)) return true;
  if (a.ring === b.ring && same(a.to, b.from)) return folds(a.to, a.from, b.to);
  if (a.ring === b.ring && same(b.to, a.from)) return folds(b.to, b.from, a.to);
  const sides = [
    cross(a.from, a.to, b.from) * cross(a.from, a.to, b.to),
    cross(b.from, b.to, a.from) * cross(b.from, b.to, a.to),
  ];
  return sides.every((side) => side <= 0) && overlaps(a, b, 0) && overlaps(a, b, 1);
}

function overlaps(a: Edge, b: Edge, axis: 0 | 1): boolean {
  return (
    Math.max(a.from[axis], a.to[axis]) >= Math.min(b.from[axis], b.to[axis]) &&
    Math.max(b.from[axis], b.to[axis]) >= Math.min(a.from[axis], a.to[axis])
  );
}

function folds(
  o: readonly [number, number],
  p: readonly [number, number],
  q: readonly [number, number],
): boolean {
  const dot = (p[0] - o[0]) * (q[0] - o[0]) + (p[1] - o[1]) * (q[1] - o[1]);
  return cross(o, p, q) === 0 && dot >= 0;
}

function same(p: readonly [number, number], q: readonly [number, number]): boolean {
  return p[0] === q[0] && p[1] === q[1];
}

function cross(
  o: readonly [number, number],
  p: readonly [number, number],
  q: readonly [number, number],
): number {
  return (p[0] - o[0]) * (q[1] - o[1]) - (p[1] - o[1]) * (q[0] - o[0]);
}
