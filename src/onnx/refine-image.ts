import { RefinerError } from '../errors.js';
import type { Decoder } from '../refiner/engine.js';
import type { PixelGuidance } from '../refiner/guidance.js';
import { groupBy } from '../refiner/group-by.js';
import { adapterFits } from '../refiner/iou-adapter.js';
import { refineInScene, segmentInScene } from '../refiner/refine-scene.js';
import type { GuidedMask } from '../refiner/rounds.js';
import type { Scene } from '../refiner/scene.js';
import { refineSemanticMasks } from '../refiner/semantic.js';
import type { Mask } from '../refiner/types.js';
import type { Verdict } from '../refiner/verdict.js';
import { attentiveScene } from './attentive-scene.js';
import type { EmbeddingCache } from './embedding-cache.js';
import { openImage, type EncodedImage, type ImageSource } from './image-embedding.js';
import type { RefineAnswer, RefineRequest, ShapeOutcome } from './inference.js';
import type { Model } from './model.js';
import { drawShape, outcomeOf, type DrawnShape } from './shape-outcomes.js';
import { takeAim } from './take-aim.js';
import { createStageClock } from './stage-clock.js';

export type RefineJob = ImageSource &
  Pick<RefineRequest, 'orientation' | 'lane' | 'shapes' | 'aim' | 'options'>;

export interface ImageContext {
  readonly model: Model;
  readonly cache: EmbeddingCache<EncodedImage>;
  readonly maxPixels: number;
  /** Called often, also before every decoder run: the place to hear of an abort and to let urgent work go first. */
  giveWay(): Promise<void>;
}

/**
 * Refines all shapes of one image: image bytes → rough masks → embeddings (or cached ones) → refined masks → shapes.
 * Shapes that are only pointed at are segmented. Without shapes the image is just encoded.
 * The outcomes are in the order of the shapes and depend on nothing but the job and the model. Throws the IMAGE_*
 * codes, or the signal's reason. `queueMs` of the answer is the time spent giving way and waiting for the bytes.
 */
export async function refineImage(
  job: RefineJob,
  context: ImageContext,
  signal: AbortSignal,
): Promise<RefineAnswer> {
  const clock = createStageClock();
  const giveWay = async (): Promise<void> => {
    await clock.during('wait', () => context.giveWay());
    signal.throwIfAborted();
  };
  requireFittingAdapter(job.options, context.model);
  await giveWay();
  const opened = await openImage(job, job, { ...context, clock, signal });
  const image = opened.size;
  const scene = attentiveScene(opened, context.model, { giveWay, clock });
  if (job.shapes.length === 0) await opened.embedding(null);

  const all: DrawnShape[] = [];
  for (const request of job.shapes) {
    await giveWay();
    all.push(await clock.during('prompt', () => drawShape(request, image)));
  }
  const { aim } = job;
  const drawn = aim ? await clock.during('prompt', () => takeAim(aim, all, image)) : all;
  const verdicts = await clock.during('prompt', () => judge(drawn, scene, job.options, signal));
  const outcomes: ShapeOutcome[] = [];
  for (const [index, shape] of drawn.entries()) {
    const verdict = verdicts[index] ?? null;
    if ('outcome' in shape) outcomes.push(shape.outcome);
    else if (verdict === null) throw new Error(`no verdict for shape ${index}`);
    else {
      await giveWay();
      outcomes.push(await clock.during('output', () => outcomeOf(verdict, shape.request)));
    }
  }
  const { orientation, cached } = opened;
  return { image, orientation, outcomes, embeddingCached: cached, times: clock.times() };
}

/** The server looks at where an adapter comes from; this is for one that only pretends to be of this model. */
function requireFittingAdapter({ iouAdapter }: RefineJob['options'], { iouHead, version }: Model): void {
  if (iouAdapter === null || adapterFits(iouAdapter, iouHead)) return;
  throw new RefinerError('ADAPTER_MISMATCH', {
    expected: `${iouHead.features} features and ${iouHead.outputs} outputs for ${version}`,
    received: `${iouAdapter.features} and ${iouAdapter.outputs}`,
  });
}

/** Verdicts in the order of the shapes, null for one that could not be drawn. */
async function judge(
  drawn: readonly DrawnShape[],
  scene: Scene,
  options: RefineJob['options'],
  signal: AbortSignal,
): Promise<readonly (Verdict | null)[]> {
  const single: Placed<GuidedMask>[] = [];
  const semantic: Placed<Mask>[] = [];
  const pointedAt: Placed<PixelGuidance>[] = [];
  for (const [place, shape] of drawn.entries()) {
    if ('outcome' in shape) continue;
    const { mask, guidance, request } = shape;
    if (mask === null) pointedAt.push({ place, value: guidance });
    else if (request.semantic && guidance === null) semantic.push({ place, value: mask });
    else single.push({ place, value: { mask, guidance } });
  }
  const verdicts: (Verdict | null)[] = drawn.map(() => null);
  const judgeThose = async <Value>(placed: readonly Placed<Value>[], by: Judge<Value>): Promise<void> => {
    const groups = groupBy(placed, ({ place }) => JSON.stringify(drawn[place]?.request.options ?? null));
    for (const group of groups) {
      const values = group.map(({ value }) => value);
      const own = group[0] === undefined ? undefined : drawn[group[0].place]?.request.options;
      const found = await by(values, scene, { ...options, ...own }, signal);
      for (const [order, { place }] of group.entries()) verdicts[place] = found[order] ?? null;
    }
  };
  await judgeThose(single, refineInScene);
  await judgeThose(semantic, inWhole(refineSemanticMasks));
  await judgeThose(pointedAt, segmentInScene);
  return verdicts;
}

/** Something to judge, and which shape of the job it is. */
interface Placed<Value> {
  readonly place: number;
  readonly value: Value;
}

type JudgeIn<Place, Value> = (
  values: readonly Value[],
  place: Place,
  options: RefineJob['options'],
  signal: AbortSignal,
) => Promise<readonly Verdict[]>;

type Judge<Value> = JudgeIn<Scene, Value>;

/** A judge that looks at the whole image. */
function inWhole<Value>(judgeWith: JudgeIn<Decoder, Value>): Judge<Value> {
  return async (values, scene, options, signal) =>
    judgeWith(values, await scene.decoderOf(null), options, signal);
}
