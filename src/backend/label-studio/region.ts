import { isJsonObject, stringsOf, type JsonObject } from './json-object.js';
import { holdsShape, shapeTypeOf, type ShapeKind } from './shape-kind.js';

/** One area drawn on an image: the result that holds its shape, and all results of the same id. */
export interface Region {
  /** Null for results imported without an id; such a region has no companions. */
  readonly id: string | null;
  readonly kind: ShapeKind;
  /** False in the split form (`brush` beside a `labels` result of the same id). */
  readonly labelled: boolean;
  /** Labels of the shape result, or in the split form of its `labels` companion; as results hold them. */
  readonly labels: readonly string[];
  readonly fromName: string;
  readonly toName: string;
  /** Page of a `valueList` image, from 0. */
  readonly page: number;
  readonly shape: JsonObject;
  readonly value: JsonObject;
  /** Places in the result set of every result of the region, the shape's included. */
  readonly members: readonly number[];
}

/**
 * Finds the areas in a result set. Results of one id are one region; its shape is the first whose type fits its value
 * (protocol note 6.4: companions repeat the shape under other types). Relations, classifications, key points, vectors
 * and results that lack names or a value are not regions.
 */
export function findRegions(results: readonly unknown[]): readonly Region[] {
  return groupById(results).flatMap((members) => regionOf(results, members) ?? []);
}

/** Places of the results of each id, in order of first appearance; a result without an id stands alone. */
function groupById(results: readonly unknown[]): readonly (readonly number[])[] {
  const groups: number[][] = [];
  const byId = new Map<string, number[]>();
  results.forEach((result, place) => {
    const id = isJsonObject(result) ? result['id'] : undefined;
    const known = typeof id === 'string' ? byId.get(id) : undefined;
    if (known) {
      known.push(place);
      return;
    }
    const group = [place];
    groups.push(group);
    if (typeof id === 'string') byId.set(id, group);
  });
  return groups;
}

function regionOf(results: readonly unknown[], members: readonly number[]): Region | null {
  for (const place of members) {
    const shape = results[place];
    if (!isJsonObject(shape)) continue;
    const { id, type, value, from_name: fromName, to_name: toName } = shape;
    if (typeof type !== 'string' || typeof fromName !== 'string' || typeof toName !== 'string') continue;
    const shapeType = shapeTypeOf(type);
    if (shapeType === null || !isJsonObject(value) || !holdsShape(value, shapeType.kind)) continue;
    const labels = shapeType.labelled ? stringsOf(value[type]) : labelsApart(results, members);
    return {
      ...shapeType,
      id: typeof id === 'string' ? id : null,
      labels,
      fromName,
      toName,
      page: Number.isInteger(shape['item_index']) ? Number(shape['item_index']) : 0,
      shape,
      value,
      members,
    };
  }
  return null;
}

function labelsApart(results: readonly unknown[], members: readonly number[]): readonly string[] {
  for (const place of members) {
    const result = results[place];
    if (!isJsonObject(result) || result['type'] !== 'labels' || !isJsonObject(result['value'])) continue;
    return stringsOf(result['value']['labels']);
  }
  return [];
}
