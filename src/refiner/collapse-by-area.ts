/* eslint-disable @typescript-eslint/no-non-null-assertion -- vertex ids are indices of the chain's arrays */
import { collapsePoint } from './collapse-point.js';
import { heapOf, setKey, topOf, type KeyedHeap } from './keyed-heap.js';
import { addDetour, addPath, collapseEdge, draftIou, type PolygonDraft } from './polygon-draft.js';
import { staysSimple } from './stays-simple.js';

export interface CollapseLimits {
  /** Vertices above this number go whatever it costs. */
  readonly forcedAbove: number;
  /** Below that number an edge is only collapsed while the IoU stays at least this. */
  readonly minIou: number;
}

/**
 * Collapses edges, the one that displaces the least area first, until the next would break the limits or none can be
 * collapsed without a crossing. Cheap: the price of an edge is a formula over four vertices.
 */
export function collapseByArea(draft: PolygonDraft, limits: CollapseLimits): void {
  const { chain } = draft;
  const heap = heapOf(Float64Array.from(chain.x.keys(), (id) => priceOf(draft, id)));
  for (;;) {
    const b = topOf(heap);
    if (heap.keys[b] === Infinity) return;
    const forced = draft.vertexCount > limits.forcedAbove;
    const point = collapsiblePoint(draft, b, forced);
    if (point === null) {
      setKey(heap, b, Infinity);
      continue;
    }
    const a = chain.previous[b]!;
    const c = chain.next[b]!;
    const d = chain.next[c]!;
    addPath(draft, -1, a, d);
    addDetour(draft, 1, a, point.x, point.y, d);
    if (!forced && draftIou(draft) < limits.minIou) {
      addDetour(draft, -1, a, point.x, point.y, d);
      addPath(draft, 1, a, d);
      return;
    }
    collapseEdge(draft, b, point.x, point.y);
    setKey(heap, c, Infinity);
    reprice(draft, heap, b);
  }
}

/** Where the edge may collapse to without a crossing; one of its own ends only when it has to go. */
function collapsiblePoint(draft: PolygonDraft, b: number, forced: boolean): { x: number; y: number } | null {
  const { chain, image } = draft;
  const a = chain.previous[b]!;
  const c = chain.next[b]!;
  const d = chain.next[c]!;
  const preserving = collapsePoint(chain, b, image);
  if (staysSimple(draft, a, d, preserving.x, preserving.y)) return preserving;
  if (!forced) return null;
  for (const end of [b, c]) {
    const [x, y] = [chain.x[end]!, chain.y[end]!];
    if (staysSimple(draft, a, d, x, y)) return { x, y };
  }
  return null;
}

function priceOf(draft: PolygonDraft, id: number): number {
  const { chain } = draft;
  if (chain.alive[id] === 0 || chain.ringSizes[chain.ringOf[id]!]! <= 3) return Infinity;
  return collapsePoint(chain, id, draft.image).displacedPx;
}

/** The prices of the edges whose four vertices include `b`. */
function reprice(draft: PolygonDraft, heap: KeyedHeap, b: number): void {
  const { next, previous } = draft.chain;
  const before = previous[b]!;
  for (const id of [previous[before]!, before, b, next[b]!]) setKey(heap, id, priceOf(draft, id));
}
