import type { JsonObject } from './json-object.js';

/** Shapes of Label Studio that enclose an area and can be refined. Key points and vectors are not among them. */
export type ShapeKind = 'brush' | 'bitmask' | 'polygon' | 'rectangle' | 'ellipse';

export const SHAPE_KINDS: readonly ShapeKind[] = ['brush', 'bitmask', 'polygon', 'rectangle', 'ellipse'];

/** What a result's `type` says: the shape, and whether its labels sit in the same result (`brushlabels`) or apart. */
export interface ShapeType {
  readonly kind: ShapeKind;
  readonly labelled: boolean;
}

/** The keys of `value` that hold the geometry; all others (labels, choices, text) belong to the annotator. */
const GEOMETRY_KEYS: Readonly<Record<ShapeKind, readonly string[]>> = {
  brush: ['format', 'rle', 'touches', 'maskDataURL'],
  bitmask: ['imageDataURL'],
  polygon: ['points', 'closed'],
  rectangle: ['x', 'y', 'width', 'height', 'rotation'],
  ellipse: ['x', 'y', 'radiusX', 'radiusY', 'rotation'],
};

/** The shape of a result type or lower-case tag: `brushlabels` and `brush` are brushes, `choices` is null. */
export function shapeTypeOf(type: string): ShapeType | null {
  for (const kind of SHAPE_KINDS) {
    if (type === kind) return { kind, labelled: false };
    if (type === `${kind}labels`) return { kind, labelled: true };
  }
  return null;
}

/**
 * Whether `value` holds a shape of that kind. Companions repeat the whole shape value under their own type, so the
 * type alone does not say what a value is: `keypointlabels` may carry a brush mask.
 */
export function holdsShape(value: JsonObject, kind: ShapeKind): boolean {
  switch (kind) {
    case 'brush':
      return value['format'] === 'rle' || 'rle' in value || 'touches' in value;
    case 'bitmask':
      return 'imageDataURL' in value;
    case 'polygon':
      return 'points' in value;
    case 'rectangle':
      return 'width' in value && 'height' in value;
    case 'ellipse':
      return 'radiusX' in value;
  }
}

/** `value` with its geometry of kind `from` replaced by `geometry`, everything else as it was. */
export function replaceGeometry(value: JsonObject, from: ShapeKind, geometry: JsonObject): JsonObject {
  const rest = Object.entries(value).filter(([key]) => !GEOMETRY_KEYS[from].includes(key));
  return { ...geometry, ...Object.fromEntries(rest) };
}
