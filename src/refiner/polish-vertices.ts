/* eslint-disable @typescript-eslint/no-non-null-assertion -- vertex ids are indices of the chain's arrays */
import { toGrain } from './collapse-point.js';
import { addDetour, draftIou, placeVertex, type PolygonDraft } from './polygon-draft.js';
import { staysSimple } from './stays-simple.js';

const STEPS_PX = [2, 1, 0.5, 0.25] as const;
const DIRECTIONS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
  [1, 1],
  [-1, 1],
  [-1, -1],
  [1, -1],
] as const;
/** Moves of one vertex by one step size; a vertex that needs more is moved on in a later turn. */
const MOVES = 2;

/** Moves each vertex, by ever smaller steps, where the rings cover the mask better. */
export function polishVertices(draft: PolygonDraft, ids: readonly number[]): void {
  for (const step of STEPS_PX) {
    for (const id of ids) {
      let moves = 0;
      while (moves < MOVES && moveVertex(draft, id, step)) moves++;
    }
  }
}

/** Moves a vertex by one step in the best direction; false when none is better than staying. */
function moveVertex(draft: PolygonDraft, id: number, step: number): boolean {
  const { chain, image, sums } = draft;
  const a = chain.previous[id]!;
  const d = chain.next[id]!;
  const stayingIou = draftIou(draft);
  addDetour(draft, -1, a, chain.x[id]!, chain.y[id]!, d);
  const { areaPx, sharedPx } = sums;
  let best = { x: chain.x[id]!, y: chain.y[id]!, iou: stayingIou };
  for (const [dx, dy] of DIRECTIONS) {
    const x = toGrain(chain.x[id]! + dx * step, image.width);
    const y = toGrain(chain.y[id]! + dy * step, image.height);
    sums.areaPx = areaPx;
    sums.sharedPx = sharedPx;
    addDetour(draft, 1, a, x, y, d);
    const iou = draftIou(draft);
    if (iou > best.iou && staysSimple(draft, a, d, x, y)) best = { x, y, iou };
  }
  sums.areaPx = areaPx;
  sums.sharedPx = sharedPx;
  addDetour(draft, 1, a, best.x, best.y, d);
  if (best.iou === stayingIou) return false;
  placeVertex(draft, id, best.x, best.y);
  return true;
}
