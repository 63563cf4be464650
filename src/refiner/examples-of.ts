import type { Decoder } from './engine.js';
import type { IouExample } from './iou-example.js';
import { areaPx, isEmpty } from './mask.js';
import { iou } from './metrics.js';
import type { PromptOptions } from './options.js';
import { promptFor, type PromptMaker, promptMakerFor } from './prompts.js';
import type { Mask } from './types.js';
import { logitsToMask, type Upsampler, upsamplerFor } from './upsample.js';

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
}

/** What was learned of one mask: an example for each of the prompts, or why there is none. */
export type MaskExamples =
  | { readonly status: 'asked'; readonly examples: readonly CandidateExample[] }
  | { readonly status: 'left-out'; readonly reason: LeftOutReason };

export type CandidateExample = Omit<IouExample, 'image'>;

/** `too-many`: the image has larger masks enough. */
export type LeftOutReason = 'empty' | 'too-small' | 'too-many' | 'decoder-output-not-finite';

/**
 * Asks the model about the masks of one image: what its candidates are, and how well each matches the true mask, pixels
 * of `ignore` apart. Answers in the order of the masks. Rejects with the signal's reason when aborted.
 */
export async function examplesOf(
  masks: readonly ExampleMasks[],
  decoder: Decoder,
  settings: ExampleSettings,
  { ignore, signal }: { readonly ignore: Mask | null; readonly signal?: AbortSignal | undefined },
): Promise<readonly MaskExamples[]> {
  const reasons = whyLeftOut(masks, settings);
  const makers = settings.prompts.map((options) => promptMakerFor(decoder, options));
  const upsampler = upsamplerFor(decoder.frame);
  const found: MaskExamples[] = [];
  for (const [index, mask] of masks.entries()) {
    const reason = reasons[index];
    if (reason) {
      found.push({ status: 'left-out', reason });
      continue;
    }
    const examples: CandidateExample[] = [];
    for (const maker of makers) {
      const example = await askAbout(mask, ignore, { maker, upsampler, signal });
      if (example !== null) examples.push(example);
    }
    found.push(
      examples.length === makers.length
        ? { status: 'asked', examples }
        : { status: 'left-out', reason: 'decoder-output-not-finite' },
    );
  }
  return found;
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
  readonly maker: PromptMaker;
  readonly upsampler: Upsampler;
  readonly signal: AbortSignal | undefined;
}

/** Null when the model's numbers are not finite. */
async function askAbout(
  { rough, truth }: ExampleMasks,
  ignore: Mask | null,
  { maker, upsampler, signal }: Asking,
): Promise<CandidateExample | null> {
  const { decoder } = maker;
  const [candidates] = await decoder.decode([promptFor(rough, maker)], signal);
  if (candidates === undefined) return null;
  const { logits, ious, iouFeatures, count } = candidates;
  if (!ious.every(Number.isFinite) || !iouFeatures.every(Number.isFinite)) return null;
  const size = logits.length / count;
  const trueIous = Float32Array.from({ length: count }, (_, index) => {
    const own = logits.subarray(index * size, (index + 1) * size);
    return iou(logitsToMask(own, decoder.frame, MASK_THRESHOLD, upsampler), truth, ignore ?? undefined);
  });
  // The decoder's memory is used again by the next call.
  return { features: iouFeatures.slice(), ious: ious.slice(), trueIous };
}
