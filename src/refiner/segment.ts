import { correctMask } from './correct-mask.js';
import { decodeInGroups, type DecodeRun } from './decode-groups.js';
import type { Ellipse } from './ellipse.js';
import type { Decoder } from './engine.js';
import { fillEllipse } from './fill-ellipse.js';
import { guessShapes } from './guess-shapes.js';
import { guidanceCount, honouredCount, type PixelGuidance } from './guidance.js';
import { emptyMask, isEmpty } from './mask.js';
import type { RefineOptions } from './options.js';
import { partsPointedAt } from './parts-pointed-at.js';
import { maskLogitsOf, type PromptMaker, promptMakerFor, sparsePrompt } from './prompts.js';
import { MASK_THRESHOLD, runRounds } from './rounds.js';
import type { Selection } from './select.js';
import { stabilityScore } from './stability.js';
import type { Mask, Size } from './types.js';
import { logitsToMask, type Upsampler, upsamplerFor } from './upsample.js';
import type { Verdict } from './verdict.js';

/** Rounds that a mask is refined in which only clicks asked for: it grows to the whole of the object. */
const ROUNDS_AFTER_CLICKS = 3;

/** What one prompt gave, or two together, or the rounds after them. */
interface Attempt {
  readonly answers: 1 | 2;
  readonly mask: Mask;
  readonly honoured: number;
  readonly predictedIou: number;
  readonly stability: number;
  readonly rounds: number;
}

interface Track {
  readonly guidance: PixelGuidance;
  /** The best so far; null when no answer was finite. */
  best: Attempt | null;
  /** The answer to a box without a guessed mask, where one with it follows. */
  plain: Selection | null;
}

interface Segmenter extends DecodeRun {
  readonly maker: PromptMaker;
  readonly upsampler: Upsampler;
  readonly dropStrayParts: boolean;
}

/**
 * Segments the objects that a person points at, a verdict for each guidance in order: `refined` with a new mask (of
 * agreement 1: there is nothing to disagree with), `kept` as `empty` when nothing was found, or `failed`. Each must hold
 * a click on the object or a box. The verdicts depend neither on each other nor on `decoderBatch`.
 *
 * Clicks and box are the prompts, the candidate is chosen as for a rough mask. A model that was trained with mask
 * prompts (`maskAmplitude`) makes less of clicks and boxes alone: where there is a box, or its mask misses some of the
 * clicks, it is asked again with guessed masks (`guessShapes`). A box's two answers are averaged, as each errs in its own
 * way. Of all masks the one that fits most of the guidance is taken; among equals the average, then the one of the
 * greatest predicted IoU. What clicks alone have found is then refined as a rough mask with the same clicks, and stays
 * as it was where that fits less of them. With `accept.dropStrayParts` the parts that are not pointed at are left out
 * (`partsPointedAt`). bench/pointing.ts measures what that brings.
 *
 * Rejects as `refineMasks` does.
 */
export async function segment(
  guidances: readonly PixelGuidance[],
  decoder: Decoder,
  options: RefineOptions,
  signal?: AbortSignal,
): Promise<readonly Verdict[]> {
  signal?.throwIfAborted();
  const segmenter: Segmenter = {
    decoder,
    iouAdapter: options.iouAdapter,
    decoderBatch: Math.max(1, options.decoderBatch),
    signal,
    maker: promptMakerFor(decoder, { ...options.prompts, useBox: false }),
    upsampler: upsamplerFor(decoder.frame),
    dropStrayParts: options.accept.dropStrayParts,
  };
  const tracks = guidances.map((guidance): Track => ({ guidance, best: null, plain: null }));
  await attempt(
    tracks.map((track) => ({ track, guess: null })),
    segmenter,
  );
  if (decoder.maskAmplitude !== null) {
    const image = sizeOf(decoder);
    const unsure = tracks.filter(({ guidance, best }) => {
      return best !== null && (guidance.box !== null || best.honoured < guidanceCount(guidance));
    });
    await attempt(
      unsure.flatMap((track) => guessShapes(track.guidance, image).map((guess) => ({ track, guess }))),
      segmenter,
    );
    await refineClicked(tracks, segmenter, options);
  }
  return tracks.map(({ best }) => verdictOf(best, decoder));
}

async function attempt(
  asked: readonly { readonly track: Track; readonly guess: Ellipse | null }[],
  segmenter: Segmenter,
): Promise<void> {
  const { decoder, maker } = segmenter;
  await decodeInGroups(
    asked,
    ({ track, guess }) => ({
      ...sparsePrompt(track.guidance, decoder.frame, decoder.pointSlots),
      maskLogits: guess === null ? null : maskLogitsOf(guessedMask(guess, track.guidance, decoder), maker),
    }),
    segmenter,
    ({ track, guess }, selection) => {
      if (selection === null) return;
      const { guidance, plain } = track;
      const one =
        plain === null
          ? attemptOf(selection, 1, guidance, segmenter)
          : attemptOf(meanOf(selection, plain), 2, guidance, segmenter);
      if (track.best === null || isBetter(one, track.best)) track.best = one;
      if (guess === null && guidance.box !== null && decoder.maskAmplitude !== null) {
        track.plain = { ...selection, logits: selection.logits.slice() };
      }
    },
  );
}

async function refineClicked(
  tracks: readonly Track[],
  segmenter: Segmenter,
  options: RefineOptions,
): Promise<void> {
  const { decoder, signal } = segmenter;
  const clicked = tracks.flatMap((track) => {
    const { best, guidance } = track;
    if (guidance.box !== null || best === null || isEmpty(best.mask)) return [];
    return [{ track, best, guidance, mask: best.mask }];
  });
  const asked = { ...options, rounds: ROUNDS_AFTER_CLICKS };
  const results = await runRounds(clicked, decoder, asked, { keepLogits: false, signal });
  clicked.forEach(({ track, best, guidance }, place) => {
    const result = results[place];
    if (result === undefined || result === 'decoder-output-not-finite' || isEmpty(result.mask)) return;
    const fit = fitOf(result.mask, guidance, segmenter);
    if (fit.honoured < best.honoured) return;
    track.best = { ...best, ...result, ...fit, rounds: 1 + result.rounds };
  });
}

function guessedMask(guess: Ellipse, guidance: PixelGuidance, decoder: Decoder): Mask {
  return correctMask(fillEllipse(guess, sizeOf(decoder)), guidance);
}

function attemptOf(
  { logits, predictedIou }: Selection,
  answers: 1 | 2,
  guidance: PixelGuidance,
  segmenter: Segmenter,
): Attempt {
  const { frame } = segmenter.decoder;
  const found = logitsToMask(logits, frame, MASK_THRESHOLD, segmenter.upsampler);
  const fit = fitOf(found, guidance, segmenter);
  return { answers, ...fit, predictedIou, stability: stabilityScore(logits, frame), rounds: 1 };
}

function fitOf(
  found: Mask,
  guidance: PixelGuidance,
  { dropStrayParts }: Segmenter,
): Pick<Attempt, 'mask' | 'honoured'> {
  const mask = dropStrayParts ? partsPointedAt(found, guidance) : found;
  return { mask, honoured: honouredCount(mask, guidance) };
}

function meanOf(one: Selection, other: Selection): Selection {
  return {
    predictedIou: (one.predictedIou + other.predictedIou) / 2,
    logits: one.logits.map((logit, cell) => (logit + (other.logits[cell] ?? logit)) / 2),
  };
}

function verdictOf(best: Attempt | null, decoder: Decoder): Verdict {
  if (best === null) {
    return { status: 'failed', mask: emptyMask(sizeOf(decoder)), reason: 'decoder-output-not-finite' };
  }
  const { mask, predictedIou, stability, rounds } = best;
  const figures = { agreementIou: 1, predictedIou, stability, rounds };
  if (isEmpty(mask)) return { status: 'kept', mask, reason: 'empty', figures };
  return { status: 'refined', mask, figures };
}

function isBetter(one: Attempt, other: Attempt): boolean {
  if (isEmpty(one.mask) !== isEmpty(other.mask)) return isEmpty(other.mask);
  if (one.honoured !== other.honoured) return one.honoured > other.honoured;
  if (one.answers !== other.answers) return one.answers > other.answers;
  return one.predictedIou > other.predictedIou;
}

function sizeOf({ frame }: Decoder): Size {
  return { width: frame.imageWidth, height: frame.imageHeight };
}
