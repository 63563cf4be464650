import { RefinerError } from '../errors.js';
import type { Model } from '../onnx/model.js';
import type { Decoder } from '../refiner/engine.js';
import { isHeldOut, type SplitOptions } from '../refiner/image-split.js';
import type { IouExample } from '../refiner/iou-example.js';
import { areaPx, isEmpty } from '../refiner/mask.js';
import { iou } from '../refiner/metrics.js';
import type { RefineOptions } from '../refiner/options.js';
import { promptFor, type PromptMaker, promptMakerFor } from '../refiner/prompts.js';
import { logitsToMask, type Upsampler, upsamplerFor } from '../refiner/upsample.js';
import type { FitImage, FitObject, LoadedFitImage } from './fit-image.js';
import { type PromptKind, singlePrompts } from './prompt-kind.js';

/** SAM's mask threshold. */
const MASK_THRESHOLD = 0;

export interface CollectSettings {
  readonly model: Model;
  /** As masks will be refined: held-out images are prompted so. */
  readonly options: RefineOptions;
  /** What the other images are prompted with. */
  readonly prompt: PromptKind;
  readonly split: SplitOptions;
  /** Of an image with more masks the largest. */
  readonly masksPerImage: number;
}

export interface CollectPace {
  readonly signal?: AbortSignal;
  /** Heard after every image. */
  readonly onImage?: (done: number, total: number) => void;
}

export interface SkippedImage {
  readonly image: string;
  readonly reason: string;
}

export interface CollectedExamples {
  /** Of a single prompt each. */
  readonly training: readonly IouExample[];
  /** Of all prompts together, from images that gave none of the others. */
  readonly heldOut: readonly IouExample[];
  /** The selectable candidates of the model; empty when no image could be read. */
  readonly selectable: readonly number[];
  /** Images that could not be read. */
  readonly skipped: readonly SkippedImage[];
}

/**
 * Asks the model about every mask of every image, one image after the other, each encoded once: what its candidates
 * are, and how well each matches the true mask. Which images are held out follows from their names (`isHeldOut`).
 * Masks that would not be refined, being empty or too small, are left out. Rejects with the signal's reason when
 * aborted, and with what the model rejects with.
 */
export async function collectExamples(
  images: readonly FitImage[],
  settings: CollectSettings,
  { signal, onImage }: CollectPace = {},
): Promise<CollectedExamples> {
  const examples: Record<'training' | 'heldOut', IouExample[]> = { training: [], heldOut: [] };
  const skipped: SkippedImage[] = [];
  let selectable: readonly number[] = [];
  for (const [index, image] of images.entries()) {
    signal?.throwIfAborted();
    const loaded = await loadOrSkip(image, skipped);
    if (loaded !== null) {
      const decoder = settings.model.decoderFor(await settings.model.encode(loaded.pixels));
      selectable = decoder.selectable;
      const side = isHeldOut(image.name, settings.split) ? 'heldOut' : 'training';
      const { prompts } = settings.options;
      const ways = side === 'heldOut' ? [prompts] : singlePrompts(settings.prompt, prompts);
      const run = { decoder, upsampler: upsamplerFor(decoder.frame), signal };
      const makers = ways.map((options) => promptMakerFor(decoder, options));
      for (const object of worthAsking(loaded, settings)) {
        for (const maker of makers) {
          const answer = await askAbout(object, loaded.ignore, maker, run);
          if (answer !== null) examples[side].push({ image: image.name, ...answer });
        }
      }
    }
    onImage?.(index + 1, images.length);
  }
  return { ...examples, selectable, skipped };
}

async function loadOrSkip(image: FitImage, skipped: SkippedImage[]): Promise<LoadedFitImage | null> {
  try {
    return await image.load();
  } catch (error) {
    if (!(error instanceof RefinerError)) throw error;
    skipped.push({ image: image.name, reason: error.message });
    return null;
  }
}

function worthAsking(
  { objects }: LoadedFitImage,
  { options, masksPerImage }: CollectSettings,
): readonly FitObject[] {
  return objects
    .filter(({ rough, truth }) => !isEmpty(rough) && !isEmpty(truth))
    .filter(({ rough }) => areaPx(rough) >= options.accept.minAreaPx)
    .sort((a, b) => areaPx(b.truth) - areaPx(a.truth))
    .slice(0, masksPerImage);
}

interface Run {
  readonly decoder: Decoder;
  readonly upsampler: Upsampler;
  readonly signal: AbortSignal | undefined;
}

async function askAbout(
  { rough, truth }: FitObject,
  ignore: LoadedFitImage['ignore'],
  maker: PromptMaker,
  { decoder, upsampler, signal }: Run,
): Promise<Omit<IouExample, 'image'> | null> {
  const [candidates] = await decoder.decode([promptFor(rough, maker)], signal);
  if (candidates === undefined) return null;
  const { logits, ious, iouFeatures, count } = candidates;
  const size = logits.length / count;
  const trueIous = Float32Array.from({ length: count }, (_, index) => {
    const own = logits.subarray(index * size, (index + 1) * size);
    return iou(logitsToMask(own, decoder.frame, MASK_THRESHOLD, upsampler), truth, ignore ?? undefined);
  });
  // The decoder's memory is used again by the next call.
  return { features: iouFeatures.slice(), ious: ious.slice(), trueIous };
}
