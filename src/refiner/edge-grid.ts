/* eslint-disable @typescript-eslint/no-non-null-assertion -- cells are clamped to the grid, entries linked within it */
import type { Box } from './types.js';
import type { VertexChain } from './vertex-chain.js';

/** Which edges of a chain may pass through which square cell. Cells at the rim reach to infinity. Each edge is
 * entered once in each of its cells.
 */
export interface EdgeGrid {
  readonly x0: number;
  readonly y0: number;
  readonly cellPx: number;
  readonly columns: number;
  readonly rows: number;
  /** First entry of each cell, or −1. */
  readonly heads: Int32Array;
  entries: { readonly edges: Int32Array; readonly links: Int32Array };
  entryCount: number;
  /** First of the entries that were taken out, linked, or −1. */
  firstFree: number;
}

/** A grid over the chain's vertices with about as many cells as there are vertices, holding all of its edges. */
export function gridOf(chain: VertexChain): EdgeGrid {
  const count = chain.x.length;
  const [x0, y0, x1, y1] = [minOf(chain.x), minOf(chain.y), maxOf(chain.x), maxOf(chain.y)];
  // A power of two, so that cell borders are exact.
  const cellPx = 2 ** Math.max(2, Math.ceil(Math.log2(((x1 - x0) * (y1 - y0)) / count) / 2));
  const columns = Math.floor((x1 - x0) / cellPx) + 1;
  const rows = Math.floor((y1 - y0) / cellPx) + 1;
  const capacity = 4 * count + 64;
  const grid: EdgeGrid = {
    ...{ x0, y0, cellPx, columns, rows },
    heads: new Int32Array(columns * rows).fill(-1),
    entries: { edges: new Int32Array(capacity), links: new Int32Array(capacity) },
    entryCount: 0,
    firstFree: -1,
  };
  for (let id = 0; id < count; id++) insertEdge(grid, chain, id);
  return grid;
}

/** Enters the edge that starts at vertex `id`, as it is now. */
export function insertEdge(grid: EdgeGrid, chain: VertexChain, id: number): void {
  const end = chain.next[id]!;
  visitCells(grid, chain.x[id]!, chain.y[id]!, chain.x[end]!, chain.y[end]!, (cell) => {
    const entry = grid.firstFree < 0 ? addEntry(grid) : grid.firstFree;
    if (entry === grid.firstFree) grid.firstFree = grid.entries.links[entry]!;
    grid.entries.edges[entry] = id;
    grid.entries.links[entry] = grid.heads[cell]!;
    grid.heads[cell] = entry;
    return false;
  });
}

/** Takes out the edge that starts at vertex `id`; it must not have changed since it was entered. */
export function removeEdge(grid: EdgeGrid, chain: VertexChain, id: number): void {
  const { edges, links } = grid.entries;
  const end = chain.next[id]!;
  visitCells(grid, chain.x[id]!, chain.y[id]!, chain.x[end]!, chain.y[end]!, (cell) => {
    let before = -1;
    let entry = grid.heads[cell]!;
    while (edges[entry] !== id) {
      before = entry;
      entry = links[entry]!;
    }
    if (before < 0) grid.heads[cell] = links[entry]!;
    else links[before] = links[entry]!;
    links[entry] = grid.firstFree;
    grid.firstFree = entry;
    return false;
  });
}

/** Whether `matches` holds for any edge that may come near the segment. An edge may be asked for repeatedly. */
export function someEdgeAlong(
  grid: EdgeGrid,
  xa: number,
  ya: number,
  xb: number,
  yb: number,
  matches: (edge: number) => boolean,
): boolean {
  return visitCells(grid, xa, ya, xb, yb, (cell) => {
    for (let entry = grid.heads[cell]!; entry >= 0; entry = grid.entries.links[entry]!) {
      if (matches(grid.entries.edges[entry]!)) return true;
    }
    return false;
  });
}

/** Whether `matches` holds for any edge that may come near the box. An edge may be asked for repeatedly. */
export function someEdgeInBox(grid: EdgeGrid, box: Box, matches: (edge: number) => boolean): boolean {
  for (let y = box.y0; ; y = Math.min(y + grid.cellPx, box.y1)) {
    if (someEdgeAlong(grid, box.x0, y, box.x1, y, matches)) return true;
    if (y >= box.y1) return false;
  }
}

/** Visits the cells that a segment touches, row by row, until a visit returns true. */
function visitCells(
  grid: EdgeGrid,
  xa: number,
  ya: number,
  xb: number,
  yb: number,
  visit: (cell: number) => boolean,
): boolean {
  if (ya > yb) return visitCells(grid, xb, yb, xa, ya, visit);
  const first = cellIndex(ya - grid.y0, grid.cellPx, grid.rows);
  const last = cellIndex(yb - grid.y0, grid.cellPx, grid.rows);
  for (let row = first; row <= last; row++) {
    // The part of the segment within this row of cells; rounding is covered by a margin.
    const top = row === first ? 0 : (grid.y0 + row * grid.cellPx - ya) / (yb - ya);
    const bottom = row === last ? 1 : (grid.y0 + (row + 1) * grid.cellPx - ya) / (yb - ya);
    const xTop = xa + top * (xb - xa) - grid.x0;
    const xBottom = xa + bottom * (xb - xa) - grid.x0;
    const from = cellIndex(Math.min(xTop, xBottom) - MARGIN_PX, grid.cellPx, grid.columns);
    const to = cellIndex(Math.max(xTop, xBottom) + MARGIN_PX, grid.cellPx, grid.columns);
    for (let column = from; column <= to; column++) if (visit(row * grid.columns + column)) return true;
  }
  return false;
}

const MARGIN_PX = 1e-3;

function cellIndex(offset: number, cellPx: number, count: number): number {
  return Math.min(Math.max(Math.floor(offset / cellPx), 0), count - 1);
}

function addEntry(grid: EdgeGrid): number {
  if (grid.entryCount === grid.entries.edges.length) {
    const edges = new Int32Array(grid.entryCount * 2);
    const links = new Int32Array(grid.entryCount * 2);
    edges.set(grid.entries.edges);
    links.set(grid.entries.links);
    grid.entries = { edges, links };
  }
  return grid.entryCount++;
}

function minOf(values: Float64Array): number {
  return values.reduce((smallest, value) => Math.min(smallest, value), Infinity);
}

function maxOf(values: Float64Array): number {
  return values.reduce((largest, value) => Math.max(largest, value), -Infinity);
}
