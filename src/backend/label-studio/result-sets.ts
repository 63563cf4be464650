import { textOf, type JsonObject } from './json-object.js';
import { isOwnVersion } from './model-versions.js';
import { findRegions } from './region.js';
import { newestFirst, type ResultSet } from './source.js';

/**
 * What a person may be looking at while drawing, likeliest first: drafts (only the person's own are sent), annotations,
 * predictions of others, predictions of ours; the newest of each first (protocol note 4.3). Skipped annotations are
 * not among them, nor is an annotation that a draft goes on with. A host may say in the context whose annotation is
 * open; Label Studio itself does not.
 */
export function resultSetsOf(task: JsonObject, context: JsonObject): readonly ResultSet[] {
  const drafts = newestFirst(task['drafts'], 'updated_at');
  const continued = new Set(drafts.map((draft) => textOf(draft['annotation'])));
  const annotations = newestFirst(task['annotations'], 'updated_at').filter(
    ({ id, was_cancelled: cancelled }) => cancelled !== true && !continued.has(textOf(id)),
  );
  const predictions = newestFirst(task['predictions'], 'created_at');
  return [
    ...openFirst(drafts, 'annotation', context).map((draft) => resultSet('drafts', draft)),
    ...openFirst(annotations, 'id', context).map((annotation) => resultSet('annotations', annotation)),
    ...predictions.filter((made) => !isOurs(made)).map((made) => resultSet('predictions', made)),
    ...predictions.filter(isOurs).map((made) => resultSet('predictions', made)),
  ];
}

function openFirst(
  sets: readonly JsonObject[],
  key: 'annotation' | 'id',
  context: JsonObject,
): readonly JsonObject[] {
  const open = textOf(context['annotation_id']);
  if (open === null) return sets;
  const isOpen = (set: JsonObject): boolean => textOf(set[key]) === open;
  return [...sets.filter(isOpen), ...sets.filter((set) => !isOpen(set))];
}

function isOurs({ model_version: version }: JsonObject): boolean {
  return typeof version === 'string' && isOwnVersion(version);
}

function resultSet(kind: ResultSet['kind'], set: JsonObject): ResultSet {
  const results: readonly unknown[] = Array.isArray(set['result']) ? set['result'] : [];
  return { kind, id: textOf(set['id']) ?? '', results, regions: findRegions(results) };
}
