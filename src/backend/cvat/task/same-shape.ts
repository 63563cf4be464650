import type { AttributeValue, ShapeData } from '../rest/annotations.js';

/**
 * Whether two shapes are the same but for their id. What CVAT says in several ways (no group, the order of attributes)
 * counts as one; attributes of `b` alone are the defaults that CVAT adds.
 */
export function sameShape(a: ShapeData, b: ShapeData): boolean {
  return (
    a.type === b.type &&
    a.frame === b.frame &&
    a.label_id === b.label_id &&
    (a.group ?? 0) === (b.group ?? 0) &&
    (a.source ?? 'manual') === (b.source ?? 'manual') &&
    (a.occluded ?? false) === (b.occluded ?? false) &&
    (a.outside ?? false) === (b.outside ?? false) &&
    (a.z_order ?? 0) === (b.z_order ?? 0) &&
    (a.rotation ?? 0) === (b.rotation ?? 0) &&
    a.points.length === b.points.length &&
    a.points.every((value, index) => value === b.points[index]) &&
    includesAttributes(b.attributes ?? [], a.attributes ?? [])
  );
}

function includesAttributes(all: readonly AttributeValue[], some: readonly AttributeValue[]): boolean {
  return some.every(({ spec_id, value }) =>
    all.some((other) => other.spec_id === spec_id && other.value === value),
  );
}
