import { RefinerError } from '../errors.js';
import type { Model } from '../onnx/model.js';
import { sceneOf } from '../onnx/scene-of.js';
import { examplesOf } from '../refiner/examples-of.js';
import { isHeldOut, type SplitOptions } from '../refiner/image-split.js';
import type { IouExample } from '../refiner/iou-example.js';
import type { RefineOptions } from '../refiner/options.js';
import type { FitImage, LoadedFitImage } from './fit-image.js';
import { learningPrompts, type PromptKind } from './prompt-kind.js';

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
  /** The selectable candidates of the model; empty when it was asked about no mask. */
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
  const { model, options, masksPerImage } = settings;
  const examples: Record<'training' | 'heldOut', IouExample[]> = { training: [], heldOut: [] };
  const skipped: SkippedImage[] = [];
  let selectable: readonly number[] = [];
  for (const [index, image] of images.entries()) {
    signal?.throwIfAborted();
    const loaded = await loadOrSkip(image, skipped);
    if (loaded !== null) {
      const side = isHeldOut(image.name, settings.split) ? 'heldOut' : 'training';
      const kind = side === 'heldOut' ? 'all' : settings.prompt;
      const prompts = learningPrompts(kind, options.prompts);
      const { zoom, accept } = options;
      const asking = { prompts, masksPerImage, zoom, minAreaPx: accept.minAreaPx };
      const { objects, ignore } = loaded;
      const scene = sceneOf(model, loaded.pixels);
      const answer = await examplesOf(objects, scene, asking, { ignore, signal });
      if (answer.selectable.length > 0) selectable = answer.selectable;
      for (const found of answer.masks) {
        if (found.status === 'left-out') continue;
        examples[side].push(...found.examples.map((example) => ({ image: image.name, ...example })));
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
