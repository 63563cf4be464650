import { RefinerError } from '../errors.js';
import { shapeToMask } from '../formats/shape-to-mask.js';
import { type ExampleMasks, examplesOf } from '../refiner/examples-of.js';
import type { Size } from '../refiner/types.js';
import { attentiveScene } from './attentive-scene.js';
import { openImage, type ImageSource } from './image-embedding.js';
import type { ExampleObject, ExamplesAnswer, ExamplesRequest, ObjectExamples } from './inference.js';
import type { ImageContext } from './refine-image.js';
import { requireSize } from './shape-outcomes.js';
import { createStageClock } from './stage-clock.js';

export type ExamplesJob = ImageSource &
  Pick<ExamplesRequest, 'orientation' | 'lane' | 'objects' | 'settings'>;

/**
 * Asks the model about all objects of one image, encoded once or found in the cache. The answers are in the order of the
 * objects; one that cannot be drawn is left out with its error code. Throws as `refineImage`.
 */
export async function exampleImage(
  job: ExamplesJob,
  context: ImageContext,
  signal: AbortSignal,
): Promise<ExamplesAnswer> {
  const clock = createStageClock();
  const giveWay = async (): Promise<void> => {
    await clock.during('wait', () => context.giveWay());
    signal.throwIfAborted();
  };
  await giveWay();
  const { orientation, lane, objects, settings } = job;
  const opened = await openImage(job, { orientation, lane, shapes: objects }, { ...context, clock, signal });
  const image = opened.size;
  const scene = attentiveScene(opened, context.model, { giveWay, clock });

  const drawn: Drawn[] = [];
  for (const object of objects) {
    await giveWay();
    drawn.push(await clock.during('prompt', () => drawObject(object, image)));
  }
  const masks = drawn.flatMap((each) => ('failure' in each ? [] : [each]));
  const asking = { ignore: null, signal };
  const found = await clock.during('prompt', () => examplesOf(masks, scene, settings, asking));
  const answers = found.masks.values();
  return {
    image,
    orientation: opened.orientation,
    objects: drawn.flatMap((each) => ('failure' in each ? [each.failure] : (answers.next().value ?? []))),
    selectable: found.selectable,
    embeddingCached: opened.cached,
    times: clock.times(),
  };
}

type Drawn = ExampleMasks | { readonly failure: ObjectExamples };

async function drawObject({ truth, rough, madeFor }: ExampleObject, image: Size): Promise<Drawn> {
  try {
    requireSize(madeFor, image);
    const mask = await shapeToMask(truth, image);
    return { truth: mask, rough: rough === null ? mask : await shapeToMask(rough, image) };
  } catch (error) {
    if (!(error instanceof RefinerError)) throw error;
    return { failure: { status: 'left-out', reason: error.code } };
  }
}
