import type { Aim, ShapeRequest } from '../../onnx/inference.js';
import {
  NOTHING_TO_SUGGEST,
  type InteractiveCall,
  type InteractiveDependencies,
  type InteractiveResult,
} from './interactive-call.js';
import { settingsOfMask } from './mask-settings.js';
import { newRegionTarget } from './new-region.js';
import { outputForm } from './output-target.js';
import { pointableRegions, type PointableRegion, type PointableRegions } from './pointable-regions.js';
import type { Prompt } from './prompt.js';
import { promptGuidance } from './prompt-guidance.js';
import type { ResultSet } from './source.js';
import { logKept, newSuggestion, refinedSuggestion, type NewRegionPlan } from './suggestion.js';
import { planRegion } from './task-plan.js';

/**
 * Answers a prompt: the regions that it means come back refined under their own ids, with all results of their id, so
 * that accepting replaces them; a region that cannot be improved comes back as it is. When it means none, it makes a new
 * region. Which is meant is found out where the masks are drawn, next to the model.
 *
 * Throws the IMAGE_* codes and what `Inference.refine` throws.
 */
export async function answerPrompt(
  prompt: Prompt,
  call: InteractiveCall,
  dependencies: InteractiveDependencies,
): Promise<InteractiveResult> {
  const { model, deadline, task } = call;
  const { log } = dependencies;
  const { regions, skipped } = await regionsFor(prompt, call, dependencies);
  for (const { region, reason } of skipped) logKept(log, call, region.id, reason);
  const created = prompt.kind === 'region' ? null : newRegionFor(prompt, call);
  const shapes = [...regions, ...(created ? [created] : [])].map(({ request }) => request);
  if (shapes.length === 0) {
    log.warn(
      { task: task.id, project: call.request.project },
      'a prompt with no region and no control to make one',
    );
    return NOTHING_TO_SUGGEST;
  }
  model.requireReady();
  const image = await dependencies.recentImages.load(
    call.image.address,
    { ...call.images, taskId: task.id },
    deadline.signal,
  );
  const aim = aimOf(prompt, regions, shapes.length);
  const answer = await model.inference.refine(
    { image, orientation: 'match', shapes, options: call.options, lane: 'interactive', ...(aim && { aim }) },
    { deadlineMs: deadline.remainingMs(), signal: deadline.signal },
  );
  const suggestions = [
    await refinedSuggestion(regions, answer, call, log),
    ...(created ? [await newSuggestion(created, answer, call, log)] : []),
  ];
  const scores = suggestions.flatMap((suggestion) => suggestion.scores);
  return {
    result: suggestions.flatMap(({ results }) => results),
    score: scores.length > 0 ? Math.min(...scores) : null,
    model_version: call.modelVersion,
  };
}

async function regionsFor(
  prompt: Prompt,
  call: InteractiveCall,
  { readShape }: InteractiveDependencies,
): Promise<PointableRegions> {
  if (prompt.kind !== 'region')
    return pointableRegions(call.task.fields, call.image, prompt, call, readShape);
  const { region, results } = prompt;
  const set: ResultSet = { kind: 'context', id: '', results, regions: [region] };
  const planned = planRegion(region, call.config, call.settings, readShape);
  if (typeof planned === 'string')
    return { regions: [], skipped: [{ region, reason: planned, byChoice: false }] };
  return { regions: [{ ...planned, set, rank: 0 }], skipped: [] };
}

function newRegionFor(
  prompt: Prompt & { kind: 'clicks' | 'box' },
  call: InteractiveCall,
): NewRegionPlan | null {
  const { config, settings, image } = call;
  const first = newRegionTarget(prompt, image.name, config, 'auto');
  if (first === null) return null;
  // Where it would go decides with which hints it is made, also whether it goes elsewhere.
  const { output } = settingsOfMask(first, config.hints, settings);
  const target = newRegionTarget(prompt, image.name, config, output) ?? first;
  const { options, ...masks } = settingsOfMask(target, config.hints, settings);
  const request: ShapeRequest = {
    shape: null,
    guidance: promptGuidance(prompt),
    semantic: false,
    output: outputForm(target, { value: {} }, masks),
    ...(options && { options }),
    madeFor: prompt.madeFor,
  };
  return { prompt, target, request };
}

function aimOf(prompt: Prompt, regions: readonly PointableRegion[], shapeCount: number): Aim | null {
  const ranks = Array.from({ length: shapeCount }, (_, index) => regions[index]?.rank ?? regions.length);
  switch (prompt.kind) {
    case 'clicks':
      return { at: { kind: 'clicks', unit: 'percent', clicks: promptGuidance(prompt).points }, ranks };
    case 'box':
      return { at: { kind: 'area', area: prompt.box }, ranks };
    case 'region':
      return null;
  }
}
