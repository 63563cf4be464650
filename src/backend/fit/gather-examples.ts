import { RefinerError } from '../../errors.js';
import { learningPrompts } from '../../fit/prompt-kind.js';
import type { ExamplesRequest, Inference } from '../../onnx/inference.js';
import { isHeldOut, type SplitOptions } from '../../refiner/image-split.js';
import type { IouExample } from '../../refiner/iou-example.js';
import type { RefineOptions } from '../../refiner/options.js';
import type { JobProgress } from '../jobs/job.js';
import { giveTurns } from '../give-turns.js';
import { eachBounded } from './each-bounded.js';
import type { FitWish } from './fit-input.js';
import type { FitBatch, FitImage, FitObject } from './fit-source.js';
import { examplesIn, questionKey, type SavedImage, savedImage, skippedImage } from './saved-image.js';

/** An example of the choice among candidates, and whether its true mask corrects one of ours. */
export interface GatheredExample extends IouExample {
  readonly corrected: boolean;
}

export interface GatheredExamples {
  readonly training: readonly GatheredExample[];
  readonly heldOut: readonly GatheredExample[];
  readonly selectable: readonly number[];
  readonly images: number;
  readonly masks: number;
  readonly skipped: readonly { readonly image: string; readonly reason: string }[];
  /** Masks that were not asked about, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
}

export interface GatherSettings {
  readonly inference: Pick<Inference, 'examples' | 'modelVersion'>;
  /** As masks will be refined: held-out images are prompted so. */
  readonly options: RefineOptions;
  readonly wish: Pick<FitWish, 'prompt' | 'masksPerImage' | 'maxImages' | 'corrections'>;
  readonly split: SplitOptions;
  /** Images worked on at a time, so that some are fetched while others are in the workers. */
  readonly imagesAtOnce: number;
}

export interface GatherProgress {
  readonly signal: AbortSignal;
  /** What an earlier start of the job found. */
  readonly saved: ReadonlyMap<string, SavedImage>;
  readonly save: (progress: JobProgress, piece: readonly [key: string, image: SavedImage]) => Promise<void>;
}

/** For one image with all its masks; far more than that takes, so that only a lost worker meets it. */
const IMAGE_DEADLINE_MS = 3_600_000;

/**
 * Asks the workers about the masks of a project, each image encoded once, and saves what was found image by image. An
 * image that cannot be had or read is left out and named. The examples come in the order of the images, however many are
 * worked on at once. Throws what the source throws, errors of the server itself, or the signal's reason.
 */
export async function gatherExamples(
  batches: AsyncGenerator<FitBatch, void, undefined>,
  settings: GatherSettings,
  { signal, saved, save }: GatherProgress,
): Promise<GatheredExamples> {
  const found: FoundImage[] = [];
  let total = 0;
  let done = 0;
  let masks = 0;
  async function* images(): AsyncGenerator<readonly [number, FitImage], void, undefined> {
    let index = 0;
    for await (const batch of batches) {
      total = Math.min(batch.total, settings.wish.maxImages);
      for (const image of batch.images) {
        if (index >= settings.wish.maxImages) return;
        yield [index++, image];
      }
    }
  }
  await eachBounded(images(), settings.imagesAtOnce, signal, async ([index, image], either) => {
    const asking = questions(image.side, settings);
    const asked = questionKey(settings.inference.modelVersion, asking);
    const earlier = saved.get(image.name);
    const piece = earlier?.asked === asked ? earlier : await ask(image, asking, asked, settings, either);
    found[index] = { image: { name: image.name, side: image.side }, piece };
    done++;
    masks += image.masks;
    const progress = { done, total: Math.max(total, done), message: image.name };
    if (piece !== earlier) await save(progress, [image.name, piece]);
  });
  return { ...(await collect(found, settings.split)), masks };
}

function questions(
  side: string,
  { options, wish, split }: Pick<GatherSettings, 'options' | 'wish' | 'split'>,
): ExamplesRequest['settings'] {
  const kind = isHeldOut(side, split) ? 'all' : wish.prompt;
  return {
    prompts: learningPrompts(kind, options.prompts),
    minAreaPx: options.accept.minAreaPx,
    masksPerImage: wish.masksPerImage,
    zoom: options.zoom,
  };
}

async function ask(
  image: FitImage,
  settings: ExamplesRequest['settings'],
  asked: string,
  { inference, wish }: GatherSettings,
  signal: AbortSignal,
): Promise<SavedImage> {
  try {
    const loaded = await image.load(signal);
    const objects = wish.corrections ? loaded.objects : loaded.objects.map(asAnyOther);
    const { bytes, orientation } = loaded;
    const request: ExamplesRequest = { image: bytes, orientation, objects, settings, lane: 'batch' };
    const answer = await inference.examples(request, { deadlineMs: IMAGE_DEADLINE_MS, signal });
    return savedImage(asked, objects, answer);
  } catch (error) {
    signal.throwIfAborted();
    // The server's own trouble concerns the whole job, an image's only that image.
    if (!(error instanceof RefinerError) || error.status >= 500) throw error;
    return skippedImage(asked, error.message);
  }
}

/** A corrected mask as if it had been made like every other. */
function asAnyOther(object: FitObject): FitObject {
  return object.corrected ? { ...object, rough: null, corrected: false } : object;
}

interface FoundImage {
  readonly image: Pick<FitImage, 'name' | 'side'>;
  readonly piece: SavedImage;
}

async function collect(
  found: readonly FoundImage[],
  split: SplitOptions,
): Promise<Omit<GatheredExamples, 'masks'>> {
  const examples: Record<'training' | 'heldOut', GatheredExample[]> = { training: [], heldOut: [] };
  const skipped: { image: string; reason: string }[] = [];
  const leftOut: Record<string, number> = {};
  let selectable: readonly number[] = [];
  const giveTurn = giveTurns();
  for (const { image, piece } of found) {
    await giveTurn();
    if (piece.skipped !== null) skipped.push({ image: image.name, reason: piece.skipped });
    if (piece.selectable.length > 0) selectable = piece.selectable;
    for (const [reason, count] of Object.entries(piece.leftOut)) {
      leftOut[reason] = (leftOut[reason] ?? 0) + count;
    }
    const side = isHeldOut(image.side, split) ? 'heldOut' : 'training';
    for (const [index, example] of examplesIn(piece).entries()) {
      examples[side].push({ image: image.side, ...example, corrected: piece.corrected[index] === 1 });
    }
  }
  return { ...examples, selectable, images: found.length, skipped, leftOut };
}
