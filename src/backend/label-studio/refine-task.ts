import type { Inference, RefineAnswer, RefineRequest, ShapeOutcome } from '../../onnx/inference.js';
import type { Figures } from '../../refiner/verdict.js';
import { withMaskInAlpha } from './bitmask-image.js';
import { giveTurns } from './give-turns.js';
import { rotationOf } from './output-target.js';
import type { ImageWork, PlannedRegion, TaskPlan } from './task-plan.js';
import { geometryOf } from './write-geometry.js';
import { newRegionId, replaceRegions, type IdOrigin, type RefinedRegion } from './write-region.js';

/** One entry of the `results` that `/predict` answers. */
export interface TaskPrediction {
  readonly result: readonly unknown[];
  /** Mean over the refined regions, 0–1; null when all stayed as they were. */
  readonly score: number | null;
  readonly model_version: string;
}

export interface RefineTaskContext {
  readonly inference: Pick<Inference, 'refine'>;
  readonly loadImage: (value: string, signal: AbortSignal) => Promise<Uint8Array>;
  readonly request: Pick<RefineRequest, 'options' | 'lane'>;
  /** Milliseconds until the whole call has to be answered. */
  readonly remainingMs: () => number;
  readonly identity: Omit<IdOrigin, 'region'>;
  /** Told of every region that stays as it is. */
  readonly onKept: (region: string | null, reason: string) => void;
}

/**
 * Refines all regions of a task and answers a complete copy of its result set, so that accepting it loses nothing.
 * Throws the IMAGE_* codes and what `Inference.refine` throws.
 */
export async function refineTask(
  plan: TaskPlan,
  context: RefineTaskContext,
  signal: AbortSignal,
): Promise<TaskPrediction> {
  for (const { region, reason } of plan.skipped) context.onKept(region.id, reason);
  const refined: RefinedRegion[] = [];
  for (const work of plan.work) refined.push(...(await refineImage(work, context, signal)));
  const total = refined.reduce((sum, { score }) => sum + score, 0);
  return {
    result: replaceRegions(plan.source.results, refined),
    score: refined.length > 0 ? total / refined.length : null,
    model_version: context.identity.modelVersion,
  };
}

async function refineImage(
  work: ImageWork,
  context: RefineTaskContext,
  signal: AbortSignal,
): Promise<readonly RefinedRegion[]> {
  const image = await context.loadImage(work.image, signal);
  const request: RefineRequest = {
    image,
    orientation: 'match',
    shapes: work.regions.map((planned) => planned.request),
    ...context.request,
  };
  const answer = await context.inference.refine(request, { deadlineMs: context.remainingMs(), signal });
  const refined: RefinedRegion[] = [];
  const giveTurn = giveTurns();
  for (const [index, planned] of work.regions.entries()) {
    await giveTurn();
    const written = await writeOutcome(planned, answer.outcomes[index], answer, context);
    if (written) refined.push(written);
  }
  return refined;
}

/** The refined region; null, and `onKept` hears why, when there is none. */
export async function writeOutcome(
  { region, target }: PlannedRegion,
  outcome: ShapeOutcome | undefined,
  answer: RefineAnswer,
  context: Pick<RefineTaskContext, 'identity' | 'onKept'>,
): Promise<RefinedRegion | null> {
  if (outcome?.status !== 'refined') {
    context.onKept(region.id, outcome ? reasonOf(outcome) : 'no outcome');
    return null;
  }
  const shape = outcome.shape.kind === 'png' ? await withMaskInAlpha(outcome.shape) : outcome.shape;
  const geometry = geometryOf(shape, answer.image, rotationOf(region));
  if (geometry === null) {
    context.onKept(region.id, 'the refined shape cannot be written within the bounds of the image');
    return null;
  }
  const origin = { ...context.identity, region: region.id ?? `#${region.members.join()}` };
  return {
    region,
    target,
    geometry,
    score: scoreOf(outcome.figures),
    image: answer.image,
    id: target.changesType ? newRegionId(origin) : region.id,
  };
}

function reasonOf(outcome: Exclude<ShapeOutcome, { status: 'refined' }>): string {
  return outcome.status === 'failed' ? `${outcome.reason}: ${outcome.detail}` : outcome.reason;
}

/** How good the model thinks its mask is, and how little that depends on the threshold. */
export function scoreOf({ predictedIou, stability }: Figures): number {
  const score = predictedIou * stability;
  return Number.isFinite(score) ? Math.min(1, Math.max(0, score)) : 0;
}
