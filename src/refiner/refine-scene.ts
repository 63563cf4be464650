import { verdictBeforeRounds } from './accept.js';
import { clearestSighting, type Sighting } from './clearest-sighting.js';
import { boundsOf, type PixelGuidance } from './guidance.js';
import { judgeInViews } from './judge-in-views.js';
import type { RefineOptions } from './options.js';
import { refineGuidedMasks } from './refine.js';
import type { GuidedMask } from './rounds.js';
import type { Scene } from './scene.js';
import { segment } from './segment.js';
import type { Box, Point } from './types.js';
import type { Verdict } from './verdict.js';
import { guidanceInView, maskInView } from './view.js';
import { viewsOfAnySize, zoomView } from './zoom.js';

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
  const viewOf = ({ mask, guidance }: GuidedMask): Box | null =>
    options.zoom ? viewAround(mask.box, guidance, scene) : null;
  const early = masks.map((guided) => {
    const view = viewOf(guided);
    const seen = view === null ? scene.image : { width: view.x1 - view.x0, height: view.y1 - view.y0 };
    return verdictBeforeRounds(guided.mask, seen, scene.maskSize, options.accept);
  });
  const open = masks.filter((_guided, place) => early[place] === null);
  // None of these is too thin; their widths are not measured again.
  const wideEnough = { ...options, accept: { ...options.accept, minWidthCells: 0 } };
  const judged = await judgeInViews(open, scene, {
    viewOf,
    inView: ({ mask, guidance }, view) => ({
      mask: maskInView(mask, view),
      guidance: guidance && guidanceInView(guidance, view),
    }),
    judge: (guided, decoder) => refineGuidedMasks(guided, decoder, wideEnough, signal),
  });
  const rest = judged.values();
  return early.flatMap((verdict) => verdict ?? rest.next().value ?? []);
}

/**
 * Segments the objects that a person points at as `segment` does. With `options.zoom` one in a small box is looked for in
 * the part of the image around the box. Clicks alone do not say how large an object is: it is looked for in parts of
 * several sizes (`viewsOfAnySize`), and `clearestSighting` says which answer is taken.
 */
export async function segmentInScene(
  guidances: readonly PixelGuidance[],
  scene: Scene,
  options: RefineOptions,
  signal?: AbortSignal,
): Promise<readonly Verdict[]> {
  signal?.throwIfAborted();
  const searches = guidances.flatMap((guidance, place) =>
    viewsOf(guidance, scene, options).map((view) => ({ place, guidance, view })),
  );
  const verdicts = await judgeInViews(searches, scene, {
    viewOf: ({ view }) => view,
    inView: (search, view) => ({ ...search, guidance: guidanceInView(search.guidance, view) }),
    judge: (own, decoder) =>
      segment(
        own.map(({ guidance }) => guidance),
        decoder,
        options,
        signal,
      ),
  });
  const sightings: Sighting[][] = guidances.map(() => []);
  searches.forEach(({ place, view }, i) => {
    const verdict = verdicts[i];
    if (verdict) sightings[place]?.push({ verdict, view });
  });
  return guidances.flatMap(
    (guidance, place) => clearestSighting(sightings[place] ?? [], guidance, scene.image) ?? [],
  );
}

function viewsOf(guidance: PixelGuidance, scene: Scene, { zoom }: RefineOptions): readonly (Box | null)[] {
  if (!zoom) return [null];
  if (guidance.box !== null) return [viewAround(null, guidance, scene)];
  const said = extentOf([], guidance);
  return said === null ? [null] : viewsOfAnySize(said, scene.image, scene.inputSize);
}

/** The view holds an object's box, if it has one, and all that a person says of it. */
function viewAround(
  object: Box | null,
  guidance: PixelGuidance | null,
  { image, inputSize }: Scene,
): Box | null {
  const corners =
    object === null
      ? []
      : [
          { x: object.x0, y: object.y0 },
          { x: object.x1 - 1, y: object.y1 - 1 },
        ];
  const said = extentOf(corners, guidance);
  return said && zoomView(said, image, inputSize);
}

/** The least box that holds some pixels and all that a person says; null where there is nothing. */
function extentOf(pixels: readonly Point[], guidance: PixelGuidance | null): Box | null {
  const { positives, negatives, box } = guidance ?? { positives: [], negatives: [], box: null };
  const bounds = boundsOf([...pixels, ...positives, ...negatives], box);
  return bounds && { ...bounds, x1: bounds.x1 + 1, y1: bounds.y1 + 1 };
}
