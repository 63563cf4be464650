import { verdictBeforeRounds } from './accept.js';
import { boundsOf } from './guidance.js';
import type { RefineOptions } from './options.js';
import { refineGuidedMasks } from './refine.js';
import type { GuidedMask } from './rounds.js';
import type { Scene } from './scene.js';
import type { Box } from './types.js';
import type { Verdict } from './verdict.js';
import { guidanceInView, maskInView, verdictFromView } from './view.js';
import { zoomView } from './zoom.js';

/**
 * Refines rough masks of one image as `refineGuidedMasks` does. With `options.zoom` a small object is refined in the part
 * of the image around it, at full detail, and put back (`zoomView`); objects whose views are the same share one
 * encoding. The outcome of a mask depends neither on the others nor on their order. What is kept without a look at the
 * image costs no encoding.
 */
export async function refineInScene(
  masks: readonly GuidedMask[],
  scene: Scene,
  options: RefineOptions,
  signal?: AbortSignal,
): Promise<readonly Verdict[]> {
  signal?.throwIfAborted();
  const verdicts = masks.map(({ mask }) => verdictBeforeRounds(mask, options.accept));
  const open = masks.flatMap((guided, place) => (verdicts[place] === null ? [{ place, guided }] : []));
  const viewOf = ({ guided }: (typeof open)[number]): Box | null =>
    options.zoom ? viewFor(guided, scene) : null;
  for (const { view, items } of groupByView(open, viewOf)) {
    const decoder = await scene.decoderOf(view);
    const inView = items.map(({ guided }) => (view === null ? guided : guidedInView(guided, view)));
    const found = await refineGuidedMasks(inView, decoder, options, signal);
    for (const [order, verdict] of found.entries()) {
      const place = items[order]?.place ?? -1;
      verdicts[place] = view === null ? verdict : verdictFromView(verdict, view, scene.image);
    }
  }
  return verdicts.flatMap((verdict) => verdict ?? []);
}

/** The view holds the mask and all that a person says of it. */
function viewFor({ mask, guidance }: GuidedMask, { image, inputSize }: Scene): Box | null {
  if (guidance === null) return zoomView(mask.box, image, inputSize);
  const { x0, y0, x1, y1 } = mask.box;
  const corners = [
    { x: x0, y: y0 },
    { x: x1 - 1, y: y1 - 1 },
  ];
  const said = boundsOf([...corners, ...guidance.positives, ...guidance.negatives], guidance.box);
  return said && zoomView({ ...said, x1: said.x1 + 1, y1: said.y1 + 1 }, image, inputSize);
}

function guidedInView({ mask, guidance }: GuidedMask, view: Box): GuidedMask {
  return { mask: maskInView(mask, view), guidance: guidance && guidanceInView(guidance, view) };
}

interface ViewGroup<Item> {
  readonly view: Box | null;
  readonly items: Item[];
}

/** Items with the same view together, views in the order of their first items. */
function groupByView<Item>(
  items: readonly Item[],
  viewOf: (item: Item) => Box | null,
): readonly ViewGroup<Item>[] {
  const groups = new Map<string, ViewGroup<Item>>();
  for (const item of items) {
    const view = viewOf(item);
    const key = view === null ? '' : `${view.x0},${view.y0},${view.x1},${view.y1}`;
    const group = groups.get(key) ?? { view, items: [] };
    group.items.push(item);
    groups.set(key, group);
  }
  return [...groups.values()];
}
