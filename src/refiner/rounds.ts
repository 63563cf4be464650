import type { Candidates, Decoder, FramePrompt } from './engine.js';
import type { IouAdapter } from './iou-adapter.js';
import { isEmpty, masksEqual } from './mask.js';
import type { RefineOptions } from './options.js';
import type { PromptMaker } from './prompts.js';
import { promptFor, promptMakerFor } from './prompts.js';
import type { Selection } from './select.js';
import { selectCandidate } from './select.js';
import { stabilityScore } from './stability.js';
import type { Mask } from './types.js';
import type { Upsampler } from './upsample.js';
import { logitsToMask, upsamplerFor } from './upsample.js';

/** SAM's mask threshold. */
const MASK_THRESHOLD = 0;

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
  /** `null` while rounds are still to come. */
  result: RoundsResult | 'decoder-output-not-finite' | null;
}

interface Prompted {
  readonly track: Track;
  readonly prompt: FramePrompt;
}

interface Run {
  readonly decoder: Decoder;
  readonly maker: PromptMaker;
  readonly upsampler: Upsampler;
  readonly iouAdapter: IouAdapter | null;
  readonly decoderBatch: number;
  readonly keepLogits: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Runs the rounds for masks that are not empty: prompts made anew from each mask, decoded, the chosen candidate is the
 * next round's mask. A mask leaves early when a round does not change it, since all later rounds would repeat that one,
 * and when a round empties it. Rounds: paper section 3.2 and figure 7; official `sam_refiner.py`.
 *
 * Masks never influence each other; which of them share a decoder run depends only on their order and point counts.
 */
export async function runRounds(
  masks: readonly Mask[],
  decoder: Decoder,
  options: RefineOptions,
  { keepLogits, signal }: { readonly keepLogits: boolean; readonly signal: AbortSignal | undefined },
): Promise<readonly (RoundsResult | 'decoder-output-not-finite')[]> {
  const run: Run = {
    decoder,
    maker: promptMakerFor(decoder, options.prompts),
    upsampler: upsamplerFor(decoder.frame),
    iouAdapter: options.iouAdapter,
    decoderBatch: Math.max(1, options.decoderBatch),
    keepLogits,
    signal,
  };
  const rounds = Math.max(1, options.rounds);
  const tracks = masks.map((mask): Track => ({ mask, result: null }));
  for (let round = 1; round <= rounds; round++) {
    const running = tracks.filter((track) => track.result === null);
    await runRound(running, run, (track, selection) => {
      advance(track, selection, { round, isLast: round === rounds }, run);
    });
  }
  return tracks.flatMap(({ result }) => (result === null ? [] : [result]));
}

/** Prompts are made just before their decoder run, so that few of them are in memory at a time. */
async function runRound(
  tracks: readonly Track[],
  run: Run,
  take: (track: Track, selection: Selection | null) => void,
): Promise<void> {
  const { decoder, maker, iouAdapter, decoderBatch, signal } = run;
  const decodeGroup = async (group: readonly Prompted[]): Promise<void> => {
    signal?.throwIfAborted();
    const prompts = group.map(({ prompt }) => prompt);
    const decoded: readonly Candidates[] = await decoder.decode(prompts, signal);
    group.forEach(({ track }, i) => {
      const candidates = decoded[i];
      const selection =
        candidates === undefined ? null : selectCandidate(candidates, decoder.selectable, iouAdapter);
      take(track, selection);
    });
  };
  const groups = new Map<number, Prompted[]>();
  for (const track of tracks) {
    signal?.throwIfAborted();
    const prompt = promptFor(track.mask, maker);
    const pointCount = prompt.labels.length;
    const group = groups.get(pointCount) ?? [];
    group.push({ track, prompt });
    groups.set(pointCount, group);
    if (group.length < decoderBatch) continue;
    groups.delete(pointCount);
    await decodeGroup(group);
  }
  for (const group of groups.values()) await decodeGroup(group);
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
