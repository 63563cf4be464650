import type { StoredShape } from '../../src/backend/cvat/rest/annotations.js';

/** Errors of one shape by member, as CVAT's serializers put them. */
export type ShapeErrors = Readonly<Record<string, readonly string[]>>;

const LEAST_NUMBERS: Readonly<Record<string, number>> = {
  mask: 5,
  polygon: 6,
  rectangle: 4,
  ellipse: 4,
  polyline: 4,
  points: 2,
};
const KNOWN = new Set([
  ...['id', 'type', 'frame', 'label_id', 'points', 'group', 'source', 'occluded', 'outside', 'z_order'],
  ...['rotation', 'attributes', 'elements'],
]);

/** What the serializers of CVAT 2.54 find wrong with a shape in a PATCH; null when nothing is. */
export function shapeErrors(shape: Readonly<Record<string, unknown>>, action: string): ShapeErrors | null {
  const { id, type, points, rotation = 0, source = 'manual' } = shape;
  if (action === 'create' && id !== undefined && id !== null) return { id: ['must be absent'] };
  if (action !== 'create' && typeof id !== 'number') return { id: ['must be present and not null'] };
  for (const name of ['type', 'frame', 'label_id', 'points']) {
    if (shape[name] === undefined) return { [name]: ['This field is required.'] };
  }
  if (!Array.isArray(points) || points.some((value) => typeof value !== 'number')) {
    return { points: ['Value must be a float or an integer'] };
  }
  if (points.length < (LEAST_NUMBERS[String(type)] ?? 0)) {
    return { points: [`invalid length for shape type '${String(type)}'`] };
  }
  if (typeof rotation !== 'number' || rotation < 0) {
    return { rotation: ['Ensure this value is greater than or equal to 0.'] };
  }
  if (rotation > 360) return { rotation: ['Ensure this value is less than or equal to 360.'] };
  if (typeof source !== 'string' || source.length > 16) return { source: ['too long'] };
  return null;
}

/** A shape as CVAT stores it: unknown members are gone, absent ones have their default. */
export function storedShape(shape: Readonly<Record<string, unknown>>, id: number): StoredShape {
  const known = Object.fromEntries(Object.entries(shape).filter(([name]) => KNOWN.has(name)));
  return {
    ...{ group: null, source: 'manual', occluded: false, outside: false, z_order: 0, rotation: 0 },
    ...{ attributes: [], elements: [] },
    ...(known as unknown as StoredShape),
    id,
  };
}
