import type { RefineAnswer, ShapeOutcome, ShapeRequest } from '../../onnx/inference.js';
import { withMaskInAlpha } from './bitmask-image.js';
import type { InteractiveCall } from './interactive-call.js';
import { storedVersion } from './model-versions.js';
import { newRegionResults, type NewRegionTarget } from './new-region.js';
import type { PointableRegion } from './pointable-regions.js';
import type { PredictLog } from './predict-call.js';
import type { Prompt } from './prompt.js';
import { scoreOf, writeOutcome } from './refine-task.js';
import { newRegionId, refinedResults, type IdOrigin, type RefinedRegion } from './write-region.js';

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
    const { region, set } = pointable;
    const refined = await writeRegion(pointable, outcome, answer, call, log);
    if (refined !== null) {
      results.push(...refinedResults(set.results, [refined]));
      scores.push(refined.score);
    } else if (outcome.status !== 'failed') {
      results.push(...region.members.map((place) => set.results[place]));
    }
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
  const score = scoreOf(outcome.figures);
  const { name, page } = call.image;
  // The prompt's own id is in it: the same place pointed at once more is another region.
  const made = [prompt.id, name, page, target.fromName, target.labels, request.guidance];
  const id = newRegionId({ ...idOrigin(call, 'context'), region: JSON.stringify(made) });
  const results = newRegionResults({ id, target, prompt, shape, image, score });
  return results ? { results, scores: [score] } : NO_SUGGESTION;
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
): Promise<RefinedRegion | null> {
  const { region, set } = pointable;
  const identity = idOrigin(call, `${set.kind}/${set.id}`);
  const onKept = (id: string | null, reason: string): void => logKept(log, call, id, reason);
  const refined = await writeOutcome(pointable, outcome, answer, { identity, onKept });
  if (refined?.id !== null) return refined;
  // Without an id nothing can be replaced; a new one tells the suggestions apart.
  return { ...refined, id: newRegionId({ ...identity, region: `#${region.members.join()}` }) };
}

function idOrigin({ request, task, model }: InteractiveCall, source: string): Omit<IdOrigin, 'region'> {
  return { project: request.project, task: task.id, source, modelVersion: storedVersion(model) };
}

function isNotMeant(outcome: ShapeOutcome): boolean {
  return outcome.status === 'kept' && outcome.reason === 'not-meant';
}
