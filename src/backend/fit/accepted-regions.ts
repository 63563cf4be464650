import { isJsonObject, type JsonObject, textOf } from '../label-studio/json-object.js';
import { isOwnVersion } from '../label-studio/model-versions.js';
import { findRegions, type Region } from '../label-studio/region.js';

/** A region that an annotator submitted. */
export interface AcceptedRegion {
  readonly region: Region;
  /**
   * Where the region came of a prediction of ours, the mask that this prediction had refined; or, if that is no longer
   * there, the prediction's own. Null for a region that did not.
   */
  readonly rough: Region | null;
}

/**
 * The regions of a task's annotations: of every annotator the newest annotation that was not skipped (protocol note,
 * section 8.4). Regions keep their ids from rough mask to prediction to annotation (section 5.2), which pairs them up.
 */
export function acceptedRegions(task: JsonObject): readonly AcceptedRegion[] {
  const predictions = objectsIn(task['predictions']);
  const isOwn = (set: JsonObject): boolean => isOwnVersion(textOf(set['model_version']) ?? '');
  const own = predictions.filter(isOwn).map(regionsById);
  const others = predictions.filter((set) => !isOwn(set)).map(regionsById);
  return newestOfEach(objectsIn(task['annotations'])).flatMap((annotation) => {
    const parent = textOf(annotation['parent_prediction']) ?? textOf(annotation['prediction']);
    const before = objectsIn(task['annotations']).filter(
      (other) => other !== annotation && !isNewer(other, annotation),
    );
    const earlier = [...others, ...before.map(regionsById)];
    const named = predictions.find((set) => parent !== null && textOf(set['id']) === parent);
    const made = named === undefined ? own : isOwn(named) ? [regionsById(named)] : [];
    return findRegions(resultsOf(annotation)).map((region) => {
      const ours = firstWith(made, region.id);
      return { region, rough: ours === null ? null : (firstWith(earlier, region.id) ?? ours) };
    });
  });
}

/** Annotations that count, one for each annotator. */
function newestOfEach(annotations: readonly JsonObject[]): readonly JsonObject[] {
  const newest = new Map<string, JsonObject>();
  for (const annotation of annotations) {
    if (annotation['was_cancelled'] === true) continue;
    const annotator = JSON.stringify(annotation['completed_by'] ?? null);
    const known = newest.get(annotator);
    if (known === undefined || isNewer(annotation, known)) newest.set(annotator, annotation);
  }
  return [...newest.values()];
}

function isNewer(a: JsonObject, b: JsonObject): boolean {
  const [atA, atB] = [timeOf(a), timeOf(b)];
  return atA === atB ? Number(a['id']) > Number(b['id']) : atA > atB;
}

/** Milliseconds since 1970; 0 where there is no time. */
function timeOf(set: JsonObject): number {
  const time = Date.parse(textOf(set['updated_at'] ?? set['created_at']) ?? '');
  return Number.isNaN(time) ? 0 : time;
}

function regionsById(set: JsonObject): ReadonlyMap<string, Region> {
  const regions = new Map<string, Region>();
  for (const region of findRegions(resultsOf(set))) {
    if (region.id !== null) regions.set(region.id, region);
  }
  return regions;
}

function firstWith(sets: readonly ReadonlyMap<string, Region>[], id: string | null): Region | null {
  for (const set of sets) {
    const found = id === null ? undefined : set.get(id);
    if (found) return found;
  }
  return null;
}

function resultsOf(set: JsonObject): readonly unknown[] {
  return Array.isArray(set['result']) ? set['result'] : [];
}

function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
