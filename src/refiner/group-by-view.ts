import type { Box } from './types.js';

export interface ViewGroup {
  /** Null for the whole image. */
  readonly view: Box | null;
  readonly places: number[];
}

/** Places of equal views together, groups in the order of their first places. */
export function groupByView(views: readonly (Box | null)[]): readonly ViewGroup[] {
  const groups = new Map<string, ViewGroup>();
  for (const [place, view] of views.entries()) {
    const key = view === null ? '' : `${view.x0},${view.y0},${view.x1},${view.y1}`;
    const group = groups.get(key) ?? { view, places: [] };
    group.places.push(place);
    groups.set(key, group);
  }
  return [...groups.values()];
}
