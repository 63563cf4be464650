import { decodeInGroups, type DecodeRun } from './decode-groups.js';
import type { Decoder } from './engine.js';
import type { PixelGuidance } from './guidance.js';
import { isEmpty, masksEqual } from './mask.js';
import type { RefineOptions } from './options.js';
import { promptFor, promptMakerFor } from './prompts.js';
import type { Selection } from './select.js';
import { stabilityScore } from './stability.js';
import type { Mask } from './types.js';
import type { Upsampler } from './upsample.js';
import { logitsToMask, upsamplerFor } from './upsample.js';

/** SAM's mask threshold. */
export const MASK_THRESHOLD = 0;

/** A rough mask with what a person says of it, if anything. */
export interface GuidedMask {
  readonly mask: Mask;
  readonly guidance: PixelGuidance | null;
}

/** What the last round of a mask gave. */
export interface RoundsResult {
  readonly mask: Mask;
  readonly rounds: number;
  readonly predictedIou: number;
  readonly stability: number;
  /** The chosen low-resolution logits, `[maskSize, maskSize]`; null when they were not asked for. */
  readonly logits: Float32Array | null;
}

interface Track {
  /** The input of the next round. */
  mask: Mask;
  readonly guidance: PixelGuidance | null;
  /** `null` while rounds are still to come. */
  result: RoundsResult | 'decoder-output-not-finite' | null;
}

interface Run extends DecodeRun {
  readonly upsampler: Upsampler;
  readonly keepLogits: boolean;
}

/**
 * Runs the rounds for masks that are not empty: prompts made anew from each mask and the same guidance every time,
 * decoded, the chosen candidate is the next round's mask. A mask leaves early when a round does not change it, since all later rounds would repeat that one,
 * and when a round empties it. Rounds: paper section 3.2 and figure 7; official `sam_refiner.py`.
 *
 * Masks never influence each other; which of them share a decoder run depends only on their order and point counts.
 */
export async function runRounds(
  masks: readonly GuidedMask[],
  decoder: Decoder,
  options: RefineOptions,
  { keepLogits, signal }: { readonly keepLogits: boolean; readonly signal: AbortSignal | undefined },
): Promise<readonly (RoundsResult | 'decoder-output-not-finite')[]> {
  const run: Run = {
    decoder,
    upsampler: upsamplerFor(decoder.frame),
    iouAdapter: options.iouAdapter,
    decoderBatch: Math.max(1, options.decoderBatch),
    keepLogits,
    signal,
  };
  const maker = promptMakerFor(decoder, options.prompts);
  const rounds = Math.max(1, options.rounds);
  const tracks = masks.map((guided): Track => ({ ...guided, result: null }));
  for (let round = 1; round <= rounds; round++) {
    const running = tracks.filter((track) => track.result === null);
    await decodeInGroups(
      running,
      ({ mask, guidance }) => promptFor(mask, maker, guidance),
      run,
      (track, selection) => {
        advance(track, selection, { round, isLast: round === rounds }, run);
      },
    );
  }
  return tracks.flatMap(({ result }) => (result === null ? [] : [result]));
}

function advance(
  track: Track,
  selection: Selection | null,
  { round, isLast }: { readonly round: number; readonly isLast: boolean },
  { decoder, upsampler, keepLogits }: Run,
): void {
  if (selection === null) {
    track.result = 'decoder-output-not-finite';
    return;
  }
  const mask = logitsToMask(selection.logits, decoder.frame, MASK_THRESHOLD, upsampler);
  if (isLast || isEmpty(mask) || masksEqual(mask, track.mask)) {
    track.result = {
      mask,
      rounds: round,
      predictedIou: selection.predictedIou,
      stability: stabilityScore(selection.logits, decoder.frame),
      logits: keepLogits ? selection.logits.slice() : null,
    };
  }
  track.mask = mask;
}
