/* eslint-disable @typescript-eslint/no-non-null-assertion -- vertex ids are indices of the chain's arrays */
import type { CollapseLimits } from './collapse-by-area.js';
import { collapsePoint } from './collapse-point.js';
import { heapOf, setKey, topOf } from './keyed-heap.js';
import { polishVertices } from './polish-vertices.js';
import {
  addDetour,
  addPath,
  collapseEdge,
  draftIou,
  placeVertex,
  restoreNext,
  type PolygonDraft,
} from './polygon-draft.js';
import { mismatchPx } from './row-coverage.js';
import { staysSimple } from './stays-simple.js';
import { neighbourhood } from './vertex-chain.js';

/** Vertices to each side of a collapsed edge that are polished after it. */
const REACH = 2;
/** Edges in a row that could not be collapsed after which no better one is expected. */
const MAX_FAILURES = 24;

interface Choice {
  readonly x: number;
  readonly y: number;
  /** Pixels by which the mismatch grows. */
  readonly costPx: number;
}

/**
 * Collapses edges, the one that costs the fewest pixels first, and polishes the vertices around each, so that the room
 * won allows further collapses. Stops at the limits, after `maxRows` visited rows (a bound on time that gives the same
 * result on every machine), or when no edge can go.
 */
export function collapseByPixels(draft: PolygonDraft, limits: CollapseLimits, maxRows: number): void {
  const { chain, sums } = draft;
  const all = [...chain.x.keys()];
  polishVertices(draft, all);
  const heap = heapOf(Float64Array.from(all, (id) => priceOf(draft, id)));
  let failures = 0;
  while (failures < MAX_FAILURES && sums.rows < maxRows) {
    const b = topOf(heap);
    const c = chain.next[b]!;
    if (heap.keys[b] === Infinity) return;
    if (!tryCollapse(draft, b, limits)) {
      failures++;
      setKey(heap, b, Infinity);
      continue;
    }
    failures = 0;
    setKey(heap, c, Infinity);
    for (const id of neighbourhood(chain, b, 2 * REACH)) setKey(heap, id, priceOf(draft, id));
  }
}

/** Collapses and polishes, or leaves everything as it was. */
function tryCollapse(draft: PolygonDraft, b: number, limits: CollapseLimits): boolean {
  const { chain, sums } = draft;
  const forced = draft.vertexCount > limits.forcedAbove;
  const choice = cheapest(draft, b, true);
  if (choice === null) return false;
  const c = chain.next[b]!;
  const before = { areaPx: sums.areaPx, sharedPx: sums.sharedPx };
  const saved = neighbourhood(chain, b, REACH + 2).map((id) => ({ id, x: chain.x[id]!, y: chain.y[id]! }));
  addPath(draft, -1, chain.previous[b]!, chain.next[c]!);
  collapseEdge(draft, b, choice.x, choice.y);
  addPath(draft, 1, chain.previous[b]!, chain.next[b]!);
  polishVertices(draft, neighbourhood(chain, b, REACH));
  if (forced || draftIou(draft) >= limits.minIou) return true;
  restoreNext(draft, b, c);
  for (const { id, x, y } of saved) placeVertex(draft, id, x, y);
  Object.assign(sums, before);
  return false;
}

function priceOf(draft: PolygonDraft, b: number): number {
  return cheapest(draft, b, false)?.costPx ?? Infinity;
}

/** The cheapest point to which the edge may collapse: one of its ends, or where the area is preserved. */
function cheapest(draft: PolygonDraft, b: number, mustStaySimple: boolean): Choice | null {
  const { chain, image, sums } = draft;
  if (chain.ringSizes[chain.ringOf[b]!]! <= 3) return null;
  const a = chain.previous[b]!;
  const c = chain.next[b]!;
  const d = chain.next[c]!;
  const before = { areaPx: sums.areaPx, sharedPx: sums.sharedPx };
  const mismatchBefore = mismatchPx(sums);
  addPath(draft, -1, a, d);
  const without = { areaPx: sums.areaPx, sharedPx: sums.sharedPx };
  let best: Choice | null = null;
  const ends = [b, c].map((id) => ({ x: chain.x[id]!, y: chain.y[id]! }));
  for (const { x, y } of [...ends, collapsePoint(chain, b, image)]) {
    addDetour(draft, 1, a, x, y, d);
    const costPx = mismatchPx(sums) - mismatchBefore;
    Object.assign(sums, without);
    if (best !== null && costPx >= best.costPx) continue;
    if (!mustStaySimple || staysSimple(draft, a, d, x, y)) best = { x, y, costPx };
  }
  Object.assign(sums, before);
  return best;
}
