import { verdictAfterRounds, verdictBeforeRounds } from './accept.js';
import { correctMask } from './correct-mask.js';
import type { Decoder } from './engine.js';
import type { RefineOptions } from './options.js';
import { type GuidedMask, runRounds } from './rounds.js';
import type { Mask } from './types.js';
import type { Verdict } from './verdict.js';

/**
 * Refines rough masks of one image, each on its own: the outcome of a mask does not depend on the others, their order
 * or `decoderBatch`. Masks are in the decoder's image; verdicts come in the masks' order. There is no zoom here, which
 * takes a `Scene` (`refineInScene`).
 *
 * A mask that cannot be refined gets a verdict that says so. Rejects with the signal's reason when aborted, and with
 * whatever the decoder rejects with; with RangeError when the options' IoU adapter was made for another model.
 */
export async function refineMasks(
  masks: readonly Mask[],
  decoder: Decoder,
  options: RefineOptions,
  signal?: AbortSignal,
): Promise<readonly Verdict[]> {
  return refineGuidedMasks(unguided(masks), decoder, options, signal);
}

/**
 * As `refineMasks`; what a person points at on a mask corrects it and is among its prompts, in every round. The result
 * has to agree with the rough mask as the clicks correct it.
 */
export async function refineGuidedMasks(
  masks: readonly GuidedMask[],
  decoder: Decoder,
  options: RefineOptions,
  signal?: AbortSignal,
): Promise<readonly Verdict[]> {
  const outcomes = await refineEach(masks, decoder, options, { keepLogits: false, signal });
  return outcomes.map(({ verdict }) => verdict);
}

export interface RefinedMask {
  readonly verdict: Verdict;
  /** The low-resolution logits of a refined mask, `[maskSize, maskSize]`; null when the mask was not refined. */
  readonly logits: Float32Array | null;
}

/** As `refineMasks`, with the logits that each refined mask was cut from. They take 256 KiB a mask at SAM's 256². */
export async function refineMasksKeepingLogits(
  masks: readonly Mask[],
  decoder: Decoder,
  options: RefineOptions,
  signal?: AbortSignal,
): Promise<readonly RefinedMask[]> {
  return refineEach(unguided(masks), decoder, options, { keepLogits: true, signal });
}

function unguided(masks: readonly Mask[]): readonly GuidedMask[] {
  return masks.map((mask) => ({ mask, guidance: null }));
}

async function refineEach(
  masks: readonly GuidedMask[],
  decoder: Decoder,
  options: RefineOptions,
  how: { readonly keepLogits: boolean; readonly signal: AbortSignal | undefined },
): Promise<readonly RefinedMask[]> {
  how.signal?.throwIfAborted();
  const { imageWidth: width, imageHeight: height, maskSize } = decoder.frame;
  const early = masks.map(({ mask }) =>
    verdictBeforeRounds(mask, { width, height }, maskSize, options.accept),
  );
  const worthRounds = masks.filter((_guided, i) => early[i] === null);
  const results = (await runRounds(worthRounds, decoder, options, how)).values();
  return masks.map(({ mask: rough, guidance }, i): RefinedMask => {
    const verdict = early[i];
    if (verdict) return { verdict, logits: null };
    const result = results.next().value ?? 'decoder-output-not-finite';
    const said = guidance === null ? rough : correctMask(rough, guidance);
    const judged = verdictAfterRounds(rough, result, options.accept, said);
    const logits = judged.status === 'refined' && typeof result === 'object' ? result.logits : null;
    return { verdict: judged, logits };
  });
}
