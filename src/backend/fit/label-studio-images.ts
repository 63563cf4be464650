import { createHash } from 'node:crypto';
import { RefinerError } from '../../errors.js';
import { giveTurns } from '../give-turns.js';
import { isJsonObject, type JsonObject, textOf } from '../label-studio/json-object.js';
import type { LabelConfig } from '../label-studio/label-config.js';
import type { ReadShape, ShapeReader } from '../label-studio/read-shape.js';
import type { Region } from '../label-studio/region.js';
import type { ShapeKind } from '../label-studio/shape-kind.js';
import { imageOf } from '../label-studio/task-plan.js';
import type { FitImage, FitObject } from './fit-source.js';
import { acceptedRegions } from './accepted-regions.js';

export interface TaskMeans {
  readonly config: LabelConfig;
  readonly readShape: ShapeReader;
  /** The bytes of an image that a task names. */
  readonly load: (value: string, task: number, signal: AbortSignal) => Promise<Uint8Array>;
}

/** Shapes that say what belongs to an object to the pixel, or nearly so. */
const MASK_LIKE: readonly ShapeKind[] = ['brush', 'bitmask', 'polygon'];

/**
 * The images of an annotated task with the masks that its annotators accepted. Regions that cannot be read, and a task
 * without its image, cost only themselves.
 */
export async function taskImages(
  task: JsonObject & { readonly id: number },
  means: TaskMeans,
): Promise<readonly FitImage[]> {
  const data = isJsonObject(task['data']) ? task['data'] : {};
  const objects = new Map<string, FitObject[]>();
  const giveTurn = giveTurns();
  for (const { region, rough } of acceptedRegions(task)) {
    await giveTurn();
    if (!MASK_LIKE.includes(region.kind)) continue;
    const value = unlessRefused(() => imageOf(region, data, means.config));
    const truth = unlessRefused(() => means.readShape(region));
    if (value === null || truth === null) continue;
    const own = objects.get(value) ?? [];
    own.push(objectOf(truth, rough, means.readShape));
    objects.set(value, own);
  }
  return [...objects].map(([value, own], page) => ({
    name: `task-${textOf(task.id) ?? ''}/${page}`,
    side: createHash('sha256').update(value).digest('hex').slice(0, 24),
    masks: own.length,
    load: async (signal) => ({
      bytes: await means.load(value, task.id, signal),
      orientation: 'match',
      objects: own,
    }),
  }));
}

function objectOf(truth: ReadShape, rough: Region | null, readShape: ShapeReader): FitObject {
  const began = rough === null ? null : unlessRefused(() => readShape(rough));
  return {
    truth: truth.shape,
    rough: began?.shape ?? null,
    madeFor: truth.madeFor,
    corrected: began !== null,
  };
}

/** Null for what is refused as unusable. */
function unlessRefused<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RefinerError) return null;
    throw error;
  }
}
