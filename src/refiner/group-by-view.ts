import { groupBy } from './group-by.js';
import type { Box } from './types.js';

export interface ViewGroup {
  /** Null for the whole image. */
  readonly view: Box | null;
  readonly places: readonly number[];
}

/** Places of equal views together, groups in the order of their first places. */
export function groupByView(views: readonly (Box | null)[]): readonly ViewGroup[] {
  const placed = views.map((view, place) => ({ view, place }));
  return groupBy(placed, ({ view }) => view && keyOf(view)).map((group) => ({
    view: group[0]?.view ?? null,
    places: group.map(({ place }) => place),
  }));
}

function keyOf({ x0, y0, x1, y1 }: Box): string {
  return `${x0},${y0},${x1},${y1}`;
}
