import type { Inference, RefineAnswer, RefineRequest, ShapeOutcome } from '../../onnx/inference.js';
import { withMaskInAlpha } from './bitmask-image.js';
import { giveTurns } from '../give-turns.js';
import { rotationOf } from './output-target.js';
import { noteOfKept, noteOfRefined, noteOfUnrefined } from './region-note.js';
import type { ImageWork, PlannedRegion, TaskPlan } from './task-plan.js';
import { geometryOf } from './write-geometry.js';
import {
  type IdOrigin,
  type KeptRegion,
  newRegionId,
  type RefinedRegion,
  replaceRegions,
} from './write-region.js';

/** One entry of the `results` that `/predict` answers. */
export interface TaskPrediction {
  readonly result: readonly unknown[];
  /**
   * The lowest score of its regions, 0–1, so that among tasks sorted by score the doubtful come first, however many good
   * masks they have besides. Null when none was asked to be refined.
   */
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
  const unusable = plan.skipped.filter(({ byChoice }) => !byChoice);
  const refined: RefinedRegion[] = [];
  const kept: KeptRegion[] = unusable.map(({ region, reason }) => ({
    region,
    note: noteOfUnrefined(reason),
  }));
  for (const work of plan.work) {
    for (const written of await refineImage(work, context, signal)) {
      if ('geometry' in written) refined.push(written);
      else kept.push(written);
    }
  }
  const scores = [...refined, ...kept].map(({ note }) => note.score);
  return {
    result: replaceRegions(plan.source.results, refined, kept),
    score: scores.length > 0 ? Math.min(...scores) : null,
    model_version: context.identity.modelVersion,
  };
}

async function refineImage(
  work: ImageWork,
  context: RefineTaskContext,
  signal: AbortSignal,
): Promise<readonly (RefinedRegion | KeptRegion)[]> {
  const image = await context.loadImage(work.image, signal);
  const request: RefineRequest = {
    image,
    orientation: 'match',
    shapes: work.regions.map((planned) => planned.request),
    ...context.request,
  };
  const answer = await context.inference.refine(request, { deadlineMs: context.remainingMs(), signal });
  const written: (RefinedRegion | KeptRegion)[] = [];
  const giveTurn = giveTurns();
  for (const [index, planned] of work.regions.entries()) {
    await giveTurn();
    written.push(await writeOutcome(planned, answer.outcomes[index], answer, context));
  }
  return written;
}

/** The region as it is to be answered: refined, or kept, of which `onKept` hears. */
export async function writeOutcome(
  { region, target }: PlannedRegion,
  outcome: ShapeOutcome | undefined,
  answer: RefineAnswer,
  context: Pick<RefineTaskContext, 'identity' | 'onKept'>,
): Promise<RefinedRegion | KeptRegion> {
  if (outcome === undefined) throw new Error('an outcome is missing');
  if (outcome.status !== 'refined') {
    context.onKept(region.id, reasonOf(outcome));
    return { region, note: noteOfKept(outcome) };
  }
  const shape = outcome.shape.kind === 'png' ? await withMaskInAlpha(outcome.shape) : outcome.shape;
  const geometry = geometryOf(shape, answer.image, rotationOf(region));
  if (geometry === null) {
    const reason = 'the refined shape cannot be written within the bounds of the image';
    context.onKept(region.id, reason);
    return { region, note: noteOfUnrefined(reason) };
  }
  const origin = { ...context.identity, region: region.id ?? `#${region.members.join()}` };
  return {
    region,
    target,
    geometry,
    note: noteOfRefined(outcome.figures),
    image: answer.image,
    id: target.changesType ? newRegionId(origin) : region.id,
  };
}

function reasonOf(outcome: Exclude<ShapeOutcome, { status: 'refined' }>): string {
  return outcome.status === 'failed' ? `${outcome.reason}: ${outcome.detail}` : outcome.reason;
}
