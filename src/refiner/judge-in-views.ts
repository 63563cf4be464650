import type { Decoder } from './engine.js';
import { groupByView } from './group-by-view.js';
import type { Scene } from './scene.js';
import type { Box } from './types.js';
import type { Verdict } from './verdict.js';
import { verdictFromView } from './view.js';

/** How a kind of item is judged, each on its own, and where. */
export interface ViewJudge<Item> {
  /** The part of the image in which an item is looked at; null for the whole. */
  readonly viewOf: (item: Item) => Box | null;
  /** The item as one of the part's image. */
  readonly inView: (item: Item, view: Box) => Item;
  readonly judge: (items: readonly Item[], decoder: Decoder) => Promise<readonly Verdict[]>;
}

/** A verdict for each item in order, those of the same view judged together. */
export async function judgeInViews<Item>(
  items: readonly Item[],
  scene: Scene,
  { viewOf, inView, judge }: ViewJudge<Item>,
): Promise<readonly Verdict[]> {
  const verdicts = new Map<number, Verdict>();
  for (const { view, places } of groupByView(items.map(viewOf))) {
    const decoder = await scene.decoderOf(view);
    const own = places.flatMap((place) => items[place] ?? []);
    const found = await judge(view === null ? own : own.map((item) => inView(item, view)), decoder);
    found.forEach((verdict, order) => {
      const placed = view === null ? verdict : verdictFromView(verdict, view, scene.image);
      verdicts.set(places[order] ?? -1, placed);
    });
  }
  return items.flatMap((_, place) => verdicts.get(place) ?? []);
}
