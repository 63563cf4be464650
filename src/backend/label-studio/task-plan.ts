import { RefinerError } from '../../errors.js';
import type { ShapeRequest } from '../../onnx/inference.js';
import { giveTurns } from '../give-turns.js';
import { imageValues, type LabelConfig } from './label-config.js';
import type { JsonObject } from './json-object.js';
import { type ProjectMasks, settingsOfMask } from './mask-settings.js';
import { outputForm, outputTarget, type OutputTarget } from './output-target.js';
import type { ShapeReader } from './read-shape.js';
import type { Region } from './region.js';
import type { RefinePolicy } from './refine-policy.js';
import type { SourceSet } from './source.js';

export interface PlannedRegion {
  readonly region: Region;
  readonly target: OutputTarget;
  readonly request: ShapeRequest;
}

/** The regions of one image that were made for the same size, and so in the same frame. */
export interface ImageWork {
  /** The image as the task names it. */
  readonly image: string;
  readonly regions: readonly PlannedRegion[];
}

/** A region that stays as it is, and why. */
export interface SkippedRegion {
  readonly region: Region;
  readonly reason: string;
  /** The project wants it so; nothing is wrong with the region. */
  readonly byChoice: boolean;
}

export interface TaskPlan {
  readonly source: SourceSet;
  readonly work: readonly ImageWork[];
  readonly skipped: readonly SkippedRegion[];
}

export interface PlanSettings extends ProjectMasks {
  readonly policy: RefinePolicy;
}

/**
 * Sorts the regions of a result set by image and frame. A region that cannot be read costs only itself.
 * Throws IMAGE_URL_INVALID when the task's data does not name its image.
 */
export async function planTask(
  source: SourceSet,
  data: JsonObject,
  config: LabelConfig,
  settings: PlanSettings,
  readShape: ShapeReader,
): Promise<TaskPlan> {
  const work = new Map<string, { image: string; regions: PlannedRegion[] }>();
  const skipped: SkippedRegion[] = [];
  const giveTurn = giveTurns();
  for (const region of source.regions) {
    await giveTurn();
    const image = imageOf(region, data, config);
    if (region.labels.some((label) => settings.policy.skipLabels.includes(label))) {
      skipped.push({ region, reason: 'its label is skipped', byChoice: true });
      continue;
    }
    const planned = image === null ? 'no such image' : planRegion(region, config, settings, readShape);
    if (image === null || typeof planned === 'string') {
      skipped.push({ region, reason: typeof planned === 'string' ? planned : '', byChoice: false });
      continue;
    }
    const { madeFor } = planned.request;
    const key = JSON.stringify([image, madeFor?.width, madeFor?.height]);
    const group = work.get(key) ?? { image, regions: [] };
    group.regions.push(planned);
    work.set(key, group);
  }
  return { source, work: [...work.values()], skipped };
}

/** The address of the region's page; null when the configuration has no such image or the image no such page. */
export function imageOf(region: Region, data: JsonObject, config: LabelConfig): string | null {
  const control = config.controls.get(region.fromName);
  const tag = [region.toName, ...(control?.toName ?? [])]
    .map((name) => config.images.get(name))
    .find((image) => image !== undefined);
  return tag ? (imageValues(tag, data)[region.page] ?? null) : null;
}

/** What to ask for a region, or why it stays as it is. */
export function planRegion(
  region: Region,
  config: LabelConfig,
  settings: PlanSettings,
  readShape: ShapeReader,
): PlannedRegion | string {
  if (!config.controls.has(region.fromName)) return 'no such control';
  const { options, ...masks } = settingsOfMask(region, config.hints, settings);
  const target = outputTarget(region, config, { boxOutput: settings.policy.boxOutput, output: masks.output });
  const form = outputForm(target, region, masks);
  try {
    return {
      region,
      target,
      request: {
        ...readShape(region),
        semantic: masks.semantic,
        output: form,
        ...(options && { options }),
      },
    };
  } catch (error) {
    if (error instanceof RefinerError) return error.message;
    throw error;
  }
}
