/* eslint-disable @typescript-eslint/no-non-null-assertion -- vertex ids are indices of the chain's arrays */
import { gridOf, insertEdge, removeEdge, type EdgeGrid } from './edge-grid.js';
import { addEdge, coverageIou, type CoverageSums, type RowCoverage } from './row-coverage.js';
import type { Size } from './types.js';
import { chainOf, relink, unlink, type VertexChain } from './vertex-chain.js';

/** Simple rings on their way to fewer vertices, with what they share with the mask they stand for. */
export interface PolygonDraft {
  readonly image: Size;
  readonly chain: VertexChain;
  readonly grid: EdgeGrid;
  readonly coverage: RowCoverage;
  readonly sums: CoverageSums;
  vertexCount: number;
  ringCount: number;
}

export function draftOf(rings: readonly (readonly number[])[], coverage: RowCoverage): PolygonDraft {
  const { imageWidth, imageHeight } = coverage.mask;
  const chain = chainOf(rings);
  const draft: PolygonDraft = {
    image: { width: imageWidth, height: imageHeight },
    chain,
    grid: gridOf(chain),
    coverage,
    sums: { areaPx: 0, sharedPx: 0, rows: 0 },
    vertexCount: chain.x.length,
    ringCount: rings.length,
  };
  for (let id = 0; id < chain.x.length; id++) addPath(draft, 1, id, chain.next[id]!);
  return draft;
}

export function draftIou(draft: PolygonDraft): number {
  return coverageIou(draft.coverage, draft.sums);
}

/** Adds `weight` times the edges from vertex `from` along the ring to vertex `to`. */
export function addPath(draft: PolygonDraft, weight: number, from: number, to: number): void {
  const { x, y, next } = draft.chain;
  let id = from;
  do {
    const end = next[id]!;
    addEdge(draft.coverage, draft.sums, weight, x[id]!, y[id]!, x[end]!, y[end]!);
    id = end;
  } while (id !== to);
}

/** Adds `weight` times the edges from vertex `from` over the point (x, y) to vertex `to`. */
export function addDetour(
  draft: PolygonDraft,
  weight: number,
  from: number,
  x: number,
  y: number,
  to: number,
): void {
  const { chain, coverage, sums } = draft;
  addEdge(coverage, sums, weight, chain.x[from]!, chain.y[from]!, x, y);
  addEdge(coverage, sums, weight, x, y, chain.x[to]!, chain.y[to]!);
}

/** Moves a vertex; the sums are the caller's. */
export function placeVertex(draft: PolygonDraft, id: number, x: number, y: number): void {
  const { chain, grid } = draft;
  const before = chain.previous[id]!;
  removeEdge(grid, chain, before);
  removeEdge(grid, chain, id);
  chain.x[id] = x;
  chain.y[id] = y;
  insertEdge(grid, chain, before);
  insertEdge(grid, chain, id);
}

/** Takes out the vertex after `b`; the sums are the caller's. */
function removeNext(draft: PolygonDraft, b: number): void {
  const { chain, grid } = draft;
  const c = chain.next[b]!;
  removeEdge(grid, chain, b);
  removeEdge(grid, chain, c);
  unlink(chain, c);
  draft.vertexCount--;
  insertEdge(grid, chain, b);
}

/** Puts back a vertex that was taken out after `b`, when nothing was since; the sums are the caller's. */
export function restoreNext(draft: PolygonDraft, b: number, c: number): void {
  const { chain, grid } = draft;
  removeEdge(grid, chain, b);
  relink(chain, c);
  draft.vertexCount++;
  insertEdge(grid, chain, b);
  insertEdge(grid, chain, c);
}

/** Collapses the edge from `b` to the next vertex into one vertex, which keeps the id `b`; the sums are the caller's. */
export function collapseEdge(draft: PolygonDraft, b: number, x: number, y: number): void {
  removeNext(draft, b);
  placeVertex(draft, b, x, y);
}
