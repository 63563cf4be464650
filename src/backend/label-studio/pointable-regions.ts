import { giveTurns } from '../give-turns.js';
import type { JsonObject } from './json-object.js';
import type { LabelConfig } from './label-config.js';
import type { PredictCall } from './predict-call.js';
import type { Prompt } from './prompt.js';
import type { PromptImage } from './prompt-image.js';
import type { ShapeReader } from './read-shape.js';
import type { Region } from './region.js';
import { resultSetsOf } from './result-sets.js';
import type { ResultSet } from './source.js';
import { planRegion, type PlannedRegion, type SkippedRegion } from './task-plan.js';

/** A region that a prompt may mean, and the result set that it is in. */
export interface PointableRegion extends PlannedRegion {
  readonly set: ResultSet;
  /** Place of its set among those looked at: a region of an earlier set is meant rather than one of a later. */
  readonly rank: number;
}

export interface PointableRegions {
  readonly regions: readonly PointableRegion[];
  /** Regions that cannot be read. */
  readonly skipped: readonly SkippedRegion[];
}

/**
 * The regions on the prompt's page of the image in every result set that may be on the screen. Where sets
 * have regions of one id, the first set's is the newest state of it. Prompts that were left behind are not regions, so
 * that what a control for prompts alone has drawn is passed over. Labels that the project skips are not: somebody
 * points at them.
 */
export async function pointableRegions(
  task: JsonObject,
  image: PromptImage,
  prompt: Prompt,
  { request, config, settings }: Pick<PredictCall, 'request' | 'config' | 'settings'>,
  readShape: ShapeReader,
): Promise<PointableRegions> {
  const regions: PointableRegion[] = [];
  const skipped: SkippedRegion[] = [];
  const known = new Set(prompt.ids);
  const giveTurn = giveTurns();
  for (const [rank, set] of resultSetsOf(task, request.context ?? {}).entries()) {
    for (const region of set.regions) {
      if (region.id !== null && known.has(region.id)) continue;
      if (region.id !== null) known.add(region.id);
      if (!isPointable(region, image, config)) continue;
      await giveTurn();
      const planned = planRegion(region, config, settings, readShape);
      if (typeof planned === 'string') skipped.push({ region, reason: planned, byChoice: false });
      else regions.push({ ...planned, set, rank });
    }
  }
  return { regions, skipped };
}

function isPointable(region: Region, image: PromptImage, { controls, images }: LabelConfig): boolean {
  const control = controls.get(region.fromName);
  if (control?.promptsOnly === true || region.page !== image.page) return false;
  return [region.toName, ...(control?.toName ?? [])].find((name) => images.has(name)) === image.name;
}
