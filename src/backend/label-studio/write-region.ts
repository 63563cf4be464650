import { createHash } from 'node:crypto';
import type { Size } from '../../refiner/types.js';
import { isJsonObject, type JsonObject } from './json-object.js';
import type { OutputTarget } from './output-target.js';
import type { Region } from './region.js';
import { type RegionNote, withNote } from './region-note.js';
import { replaceGeometry } from './shape-kind.js';

/** A region's refined geometry and where it goes. */
export interface RefinedRegion {
  readonly region: Region;
  readonly target: OutputTarget;
  /** Geometry keys of `value`, from `geometryOf`. */
  readonly geometry: JsonObject;
  readonly note: RegionNote;
  /** Size of the image in the frame that was used. */
  readonly image: Size;
  /** The region's own id, or a new one where its type changes. */
  readonly id: string | null;
}

/** A region whose shape stays as it is. */
export interface KeptRegion {
  readonly region: Region;
  readonly note: RegionNote;
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
 * relations and `parentID` follow ids that changed. Kept regions lose nothing and get a note; all other results are the
 * very same objects.
 */
export function replaceRegions(
  results: readonly unknown[],
  refined: readonly RefinedRegion[],
  kept: readonly KeptRegion[] = [],
): readonly unknown[] {
  return rewriteResults(results, refined, kept).flat();
}

/** The results of these regions alone, as `replaceRegions` writes them. */
export function resultsOfRegions(
  results: readonly unknown[],
  refined: readonly RefinedRegion[],
  kept: readonly KeptRegion[],
): readonly unknown[] {
  const places = new Set([...refined, ...kept].flatMap(({ region }) => region.members));
  return rewriteResults(results, refined, kept).flatMap((items, place) => (places.has(place) ? items : []));
}

/** What becomes of each result. */
function rewriteResults(
  results: readonly unknown[],
  refined: readonly RefinedRegion[],
  kept: readonly KeptRegion[],
): readonly (readonly unknown[])[] {
  const byPlace = new Map<number, RefinedRegion>();
  const newIds = new Map<string, string>();
  for (const entry of refined) {
    for (const place of entry.region.members) byPlace.set(place, entry);
    if (entry.region.id !== null && entry.id !== null) newIds.set(entry.region.id, entry.id);
  }
  const keptByPlace = new Map(kept.flatMap((entry) => entry.region.members.map((place) => [place, entry])));
  return results.map((result, place) => {
    if (!isJsonObject(result)) return [result];
    const entry = byPlace.get(place);
    const rewritten = entry ? rewrite(result, entry) : [noted(result, keptByPlace.get(place))];
    return rewritten.map((item) => followIds(item, newIds));
  });
}

function rewrite(result: JsonObject, entry: RefinedRegion): readonly JsonObject[] {
  const { region, id } = entry;
  const origin = { origin: 'prediction' };
  const identity = id === null ? origin : { id, ...origin };
  if (result !== region.shape) {
    const companion = { ...result, ...identity, ...companionFields(result, entry) };
    return ['meta' in result ? withNote(companion, entry.note) : companion];
  }
  const shape = withNote({ ...result, ...identity, ...shapeFields(entry) }, entry.note);
  const { labelsControl } = entry.target;
  if (labelsControl === null) return [shape];
  const value = { ...entry.geometry, labels: region.labels };
  return [shape, { ...shape, from_name: labelsControl, type: 'labels', value }];
}

/** The shape and its note; a score that another model gave to the shape is still true. */
function noted(result: JsonObject, kept: KeptRegion | undefined): JsonObject {
  if (kept === undefined) return result;
  const { region, note } = kept;
  if (result !== region.shape) return 'meta' in result ? withNote(result, note) : result;
  return withNote({ ...result, score: result['score'] ?? note.score }, note);
}

function shapeFields({ region, target, geometry, note, image }: RefinedRegion): JsonObject {
  const { score } = note;
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
function companionFields(result: JsonObject, { region, geometry, note }: RefinedRegion): JsonObject {
  const value = isJsonObject(result['value']) ? result['value'] : {};
  const fields = { value: replaceGeometry(value, region.kind, geometry) };
  return 'score' in result ? { ...fields, score: note.score } : fields;
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
