import { createHash } from 'node:crypto';
import type { Size } from '../../refiner/types.js';
import { isJsonObject, type JsonObject } from './json-object.js';
import type { OutputTarget } from './output-target.js';
import type { Region } from './region.js';
import { replaceGeometry } from './shape-kind.js';

/** A region's refined geometry and where it goes. */
export interface RefinedRegion {
  readonly region: Region;
  readonly target: OutputTarget;
  /** Geometry keys of `value`, from `geometryOf`. */
  readonly geometry: JsonObject;
  /** 0–1. */
  readonly score: number;
  /** Size of the image in the frame that was used. */
  readonly image: Size;
  /** The region's own id, or a new one where its type changes. */
  readonly id: string | null;
}

/** What makes up a new id: the same request gets the same ids, another one never does. */
export interface IdOrigin {
  readonly project: string;
  readonly task: string;
  /** Kind and id of the result set. */
  readonly source: string;
  /** Id of the region, or its place among the results if it has none. */
  readonly region: string;
  readonly modelVersion: string;
}

/** 16 characters of base64url (96 bits): short ids collide, and a collision overwrites a region (note 10). */
export function newRegionId(origin: IdOrigin): string {
  const parts = [origin.project, origin.task, origin.source, origin.region, origin.modelVersion];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16);
}

/**
 * A copy of the result set in which refined regions have their new shape, in every result of their id (note 6.4), and
 * relations and `parentID` follow ids that changed. All other results are the very same objects.
 */
export function replaceRegions(
  results: readonly unknown[],
  refined: readonly RefinedRegion[],
): readonly unknown[] {
  return rewriteResults(results, refined, (result) => [result]);
}

/** The results of the refined regions alone, as `replaceRegions` writes them. */
export function refinedResults(
  results: readonly unknown[],
  refined: readonly RefinedRegion[],
): readonly unknown[] {
  return rewriteResults(results, refined, () => []);
}

function rewriteResults(
  results: readonly unknown[],
  refined: readonly RefinedRegion[],
  others: (result: unknown) => readonly unknown[],
): readonly unknown[] {
  const byPlace = new Map<number, RefinedRegion>();
  const newIds = new Map<string, string>();
  for (const entry of refined) {
    for (const place of entry.region.members) byPlace.set(place, entry);
    if (entry.region.id !== null && entry.id !== null) newIds.set(entry.region.id, entry.id);
  }
  return results.flatMap((result, place) => {
    const entry = byPlace.get(place);
    const rewritten = entry && isJsonObject(result) ? rewrite(result, entry) : others(result);
    return rewritten.map((item) => (isJsonObject(item) ? followIds(item, newIds) : item));
  });
}

function rewrite(result: JsonObject, entry: RefinedRegion): readonly JsonObject[] {
  const { region, id } = entry;
  const origin = { origin: 'prediction' };
  const identity = id === null ? origin : { id, ...origin };
  if (result !== region.shape) return [{ ...result, ...identity, ...companionFields(result, entry) }];
  const shape = { ...result, ...identity, ...shapeFields(entry) };
  const { labelsControl } = entry.target;
  if (labelsControl === null) return [shape];
  const value = { ...entry.geometry, labels: region.labels };
  return [shape, { ...shape, from_name: labelsControl, type: 'labels', value }];
}

function shapeFields({ region, target, geometry, score, image }: RefinedRegion): JsonObject {
  const value = replaceGeometry(region.value, region.kind, geometry);
  if (!target.changesType) return { value, score };
  const oldType = region.labelled ? `${region.kind}labels` : region.kind;
  const type = target.labelled ? `${target.kind}labels` : target.kind;
  const rest = Object.fromEntries(Object.entries(value).filter(([key]) => key !== oldType));
  const labels = target.labelled ? { [type]: region.labels } : {};
  return {
    from_name: target.fromName,
    type,
    value: { ...rest, ...labels },
    score,
    original_width: region.shape['original_width'] ?? image.width,
    original_height: region.shape['original_height'] ?? image.height,
  };
}

/** A companion (labels, choices, text of the region) keeps what it says and repeats the new shape. */
function companionFields(result: JsonObject, { region, geometry, score }: RefinedRegion): JsonObject {
  const value = isJsonObject(result['value']) ? result['value'] : {};
  const fields = { value: replaceGeometry(value, region.kind, geometry) };
  return 'score' in result ? { ...fields, score } : fields;
}

function followIds(item: JsonObject, newIds: ReadonlyMap<string, string>): JsonObject {
  const changed: Record<string, string> = {};
  for (const key of ['from_id', 'to_id', 'parentID']) {
    const id = item[key];
    const newId = typeof id === 'string' ? newIds.get(id) : undefined;
    if (newId !== undefined && newId !== id) changed[key] = newId;
  }
  return Object.keys(changed).length === 0 ? item : { ...item, ...changed };
}
