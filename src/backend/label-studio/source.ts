import { isJsonObject, textOf, type JsonObject } from './json-object.js';
import { findRegions, type Region } from './region.js';

export type SourceKind = 'predictions' | 'annotations';

/** What one prediction, annotation or draft of a task says, or the context of a person's drawing. */
export interface ResultSet {
  readonly kind: SourceKind | 'drafts' | 'context';
  readonly id: string;
  readonly results: readonly unknown[];
  readonly regions: readonly Region[];
}

/** The result set of a task that is refined in batch. */
export interface SourceSet extends ResultSet {
  readonly kind: SourceKind;
}

/**
 * The newest result set with at least one shape, in the order of `kinds`. Predictions of our own are not rough masks and
 * skipped (cancelled) annotations are not input. Null when the task has nothing to refine.
 */
export function chooseSource(
  task: JsonObject,
  kinds: readonly SourceKind[],
  isOwnVersion: (modelVersion: string) => boolean,
): SourceSet | null {
  for (const kind of kinds) {
    const sets = newestFirst(task[kind], kind === 'annotations' ? 'updated_at' : 'created_at');
    for (const set of sets) {
      if (kind === 'annotations' ? set['was_cancelled'] === true : isOwn(set, isOwnVersion)) continue;
      const results: readonly unknown[] = Array.isArray(set['result']) ? set['result'] : [];
      const regions = findRegions(results);
      if (regions.length > 0) return { kind, id: textOf(set['id']) ?? '', results, regions };
    }
  }
  return null;
}

function isOwn(set: JsonObject, isOwnVersion: (modelVersion: string) => boolean): boolean {
  return typeof set['model_version'] === 'string' && isOwnVersion(set['model_version']);
}

/**
 * The objects of a list by time, then by id; none when it is no list. Label Studio's times are ISO 8601 in UTC. What has
 * no time counts as oldest.
 */
export function newestFirst(sets: unknown, timeKey: string): readonly JsonObject[] {
  const objects = Array.isArray(sets) ? sets.filter(isJsonObject) : [];
  return objects.sort((a, b) => timeOf(b, timeKey) - timeOf(a, timeKey) || idOf(b) - idOf(a));
}

function timeOf(set: JsonObject, key: string): number {
  const text = set[key] ?? set['created_at'];
  const time = typeof text === 'string' ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? 0 : time;
}

function idOf(set: JsonObject): number {
  const id = Number(set['id']);
  return Number.isNaN(id) ? 0 : id;
}
