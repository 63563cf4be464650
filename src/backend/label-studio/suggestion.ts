import type { RefineAnswer, ShapeOutcome, ShapeRequest } from '../../onnx/inference.js';
import { withMaskInAlpha } from './bitmask-image.js';
import type { InteractiveCall } from './interactive-call.js';
import { newRegionResults, type NewRegionTarget } from './new-region.js';
import type { PointableRegion } from './pointable-regions.js';
import type { PredictLog } from './predict-call.js';
import type { Prompt } from './prompt.js';
import { noteOfNew } from './region-note.js';
import { writeOutcome } from './refine-task.js';
import {
  type IdOrigin,
  type KeptRegion,
  newRegionId,
  type RefinedRegion,
  resultsOfRegions,
} from './write-region.js';

/** What a prompt brought: results to suggest, and the score of each region that was refined or made. */
export interface Suggestion {
  readonly results: readonly unknown[];
  readonly scores: readonly number[];
}

/** A region that is made when the prompt means none that is there. */
export interface NewRegionPlan {
  readonly prompt: Prompt;
  readonly target: NewRegionTarget;
  readonly request: ShapeRequest;
}

const NO_SUGGESTION: Suggestion = { results: [], scores: [] };

/** The regions that were meant: refined, or as they are where they cannot be improved. */
export async function refinedSuggestion(
  regions: readonly PointableRegion[],
  answer: RefineAnswer,
  call: InteractiveCall,
  log: PredictLog,
): Promise<Suggestion> {
  const results: unknown[] = [];
  const scores: number[] = [];
  for (const [index, pointable] of regions.entries()) {
    const outcome = answer.outcomes[index];
    if (outcome === undefined || isNotMeant(outcome)) continue;
    const written = await writeRegion(pointable, outcome, answer, call, log);
    if (outcome.status === 'failed') continue;
    const { results: all } = pointable.set;
    const isRefined = 'geometry' in written;
    results.push(...resultsOfRegions(all, isRefined ? [written] : [], isRefined ? [] : [written]));
    scores.push(written.note.score);
  }
  return { results, scores };
}

/** The region that was made, if one was. */
export async function newSuggestion(
  { prompt, target, request }: NewRegionPlan,
  { image, outcomes }: RefineAnswer,
  call: InteractiveCall,
  log: PredictLog,
): Promise<Suggestion> {
  const outcome = outcomes.at(-1);
  if (outcome === undefined || isNotMeant(outcome)) return NO_SUGGESTION;
  if (outcome.status !== 'refined') {
    logKept(log, call, null, outcome.reason);
    return NO_SUGGESTION;
  }
  const shape = outcome.shape.kind === 'png' ? await withMaskInAlpha(outcome.shape) : outcome.shape;
  const note = noteOfNew(outcome.figures);
  const { name, page } = call.image;
  // The prompt's own id is in it: the same place pointed at once more is another region.
  const made = [prompt.id, name, page, target.fromName, target.labels, request.guidance];
  const id = newRegionId({ ...idOrigin(call, 'context'), region: JSON.stringify(made) });
  const results = newRegionResults({ id, target, prompt, shape, image, note });
  return results ? { results, scores: [note.score] } : NO_SUGGESTION;
}

export function logKept(
  log: PredictLog,
  { task }: InteractiveCall,
  region: string | null,
  reason: string,
): void {
  log.info({ task: task.id, region, reason }, 'region kept as it is');
}

async function writeRegion(
  pointable: PointableRegion,
  outcome: ShapeOutcome,
  answer: RefineAnswer,
  call: InteractiveCall,
  log: PredictLog,
): Promise<RefinedRegion | KeptRegion> {
  const { region, set } = pointable;
  const identity = idOrigin(call, `${set.kind}/${set.id}`);
  const onKept = (id: string | null, reason: string): void => logKept(log, call, id, reason);
  const written = await writeOutcome(pointable, outcome, answer, { identity, onKept });
  if (!('geometry' in written) || written.id !== null) return written;
  // Without an id nothing can be replaced; a new one tells the suggestions apart.
  return { ...written, id: newRegionId({ ...identity, region: `#${region.members.join()}` }) };
}

function idOrigin(
  { request, task, modelVersion }: InteractiveCall,
  source: string,
): Omit<IdOrigin, 'region'> {
  return { project: request.project, task: task.id, source, modelVersion };
}

function isNotMeant(outcome: ShapeOutcome): boolean {
  return outcome.status === 'kept' && outcome.reason === 'not-meant';
}
