import { groupByView } from './group-by-view.js';
import type { IouExample } from './iou-example.js';
import { areaPx, isEmpty } from './mask.js';
import { iou } from './metrics.js';
import type { PromptOptions } from './options.js';
import { promptFor, type PromptMaker, promptMakerFor } from './prompts.js';
import type { Scene } from './scene.js';
import type { Box, Mask } from './types.js';
import { logitsToMask, type Upsampler, upsamplerFor } from './upsample.js';
import { maskFromView, maskInView } from './view.js';
import { zoomView } from './zoom.js';

/** SAM's mask threshold. */
const MASK_THRESHOLD = 0;

/** A mask to learn from. */
export interface ExampleMasks {
  /** What prompts are made of. Where there is no rough mask, the true one. */
  readonly rough: Mask;
  readonly truth: Mask;
}

export interface ExampleSettings {
  /** Every mask is asked about once with each. */
  readonly prompts: readonly PromptOptions[];
  /** Rough masks with fewer pixels are left out, as they would not be refined. */
  readonly minAreaPx: number;
  /** Of an image with more masks, those whose true mask is largest. */
  readonly masksPerImage: number;
  /** Ask about small objects in the part of the image around them (`zoomView`). */
  readonly zoom: boolean;
}

/** What was learned of one mask: an example for each of the prompts, or why there is none. */
export type MaskExamples =
  | { readonly status: 'asked'; readonly examples: readonly CandidateExample[] }
  | { readonly status: 'left-out'; readonly reason: LeftOutReason };

export type CandidateExample = Omit<IouExample, 'image'>;

/** `too-many`: the image has larger masks enough. */
export type LeftOutReason = 'empty' | 'too-small' | 'too-many' | 'decoder-output-not-finite';

/** What was learned of each mask, and which candidates the model may choose among; none when it was not asked. */
export interface ExamplesOfImage {
  readonly masks: readonly MaskExamples[];
  readonly selectable: readonly number[];
}

/**
 * Asks the model about the masks of one image, where it would look at them to refine them: what its candidates are, and
 * how well each matches the true mask, pixels of `ignore` apart. Answers in the order of the masks. Rejects with the
 * signal's reason when aborted.
 */
export async function examplesOf(
  masks: readonly ExampleMasks[],
  scene: Scene,
  settings: ExampleSettings,
  { ignore, signal }: { readonly ignore: Mask | null; readonly signal?: AbortSignal | undefined },
): Promise<ExamplesOfImage> {
  const found = whyLeftOut(masks, settings).map((reason): MaskExamples | null =>
    reason === null ? null : { status: 'left-out', reason },
  );
  const asked = masks.flatMap((mask, place) => (found[place] === null ? [{ mask, place }] : []));
  const views = asked.map(({ mask: { rough } }) =>
    settings.zoom ? zoomView(rough.box, scene.image, scene.inputSize) : null,
  );
  let selectable: readonly number[] = [];
  for (const { view, places } of groupByView(views)) {
    const decoder = await scene.decoderOf(view);
    selectable = decoder.selectable;
    const makers = settings.prompts.map((options) => promptMakerFor(decoder, options));
    const asking = { view, ignore, makers, upsampler: upsamplerFor(decoder.frame), signal };
    for (const { mask, place } of places.flatMap((index) => asked[index] ?? [])) {
      found[place] = await askWithEach(mask, asking);
    }
  }
  return { masks: found.flatMap((examples) => examples ?? []), selectable };
}

/** For each mask why it is not asked about, null where it is. */
function whyLeftOut(
  masks: readonly ExampleMasks[],
  { minAreaPx, masksPerImage }: ExampleSettings,
): readonly (LeftOutReason | null)[] {
  const reasons = masks.map(({ rough, truth }): LeftOutReason | null => {
    if (isEmpty(rough) || isEmpty(truth)) return 'empty';
    return areaPx(rough) < minAreaPx ? 'too-small' : null;
  });
  const bySize = masks
    .flatMap(({ truth }, index) => (reasons[index] === null ? [{ index, area: areaPx(truth) }] : []))
    .sort((a, b) => b.area - a.area || a.index - b.index);
  for (const { index } of bySize.slice(masksPerImage)) reasons[index] = 'too-many';
  return reasons;
}

interface Asking {
  /** The part of the image that is looked at; null for the whole. */
  readonly view: Box | null;
  readonly ignore: Mask | null;
  readonly makers: readonly PromptMaker[];
  readonly upsampler: Upsampler;
  readonly signal: AbortSignal | undefined;
}

async function askWithEach(mask: ExampleMasks, asking: Asking): Promise<MaskExamples> {
  const examples: CandidateExample[] = [];
  for (const maker of asking.makers) {
    const example = await askAbout(mask, maker, asking);
    if (example === null) return { status: 'left-out', reason: 'decoder-output-not-finite' };
    examples.push(example);
  }
  return { status: 'asked', examples };
}

/** Null when the model's numbers are not finite. */
async function askAbout(
  { rough, truth }: ExampleMasks,
  maker: PromptMaker,
  { view, ignore, upsampler, signal }: Asking,
): Promise<CandidateExample | null> {
  const { decoder } = maker;
  const seen = view === null ? rough : maskInView(rough, view);
  const [candidates] = await decoder.decode([promptFor(seen, maker)], signal);
  if (candidates === undefined) return null;
  const { logits, ious, iouFeatures, count } = candidates;
  if (!ious.every(Number.isFinite) || !iouFeatures.every(Number.isFinite)) return null;
  const size = logits.length / count;
  const trueIous = Float32Array.from({ length: count }, (_, index) => {
    const own = logits.subarray(index * size, (index + 1) * size);
    const mask = logitsToMask(own, decoder.frame, MASK_THRESHOLD, upsampler);
    const image = { width: truth.imageWidth, height: truth.imageHeight };
    return iou(view === null ? mask : maskFromView(mask, view, image), truth, ignore ?? undefined);
  });
  // The decoder's memory is used again by the next call.
  return { features: iouFeatures.slice(), ious: ious.slice(), trueIous };
}
