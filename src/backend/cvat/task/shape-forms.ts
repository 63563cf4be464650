import type { OutputForm, RefinedShape, RoughShape } from '../../../formats/rough-shape.js';
import type { ShapeRequest } from '../../../onnx/inference.js';
import { rotationOf } from '../../../refiner/rotation.js';
import type { Size } from '../../../refiner/types.js';
import type { ShapeType, StoredShape } from '../rest/annotations.js';
import type { CvatLabel } from '../rest/resources.js';
import type { TaskWish } from './task-wish.js';

/** The part of a shape that refining changes. */
export interface Geometry {
  readonly type: ShapeType;
  readonly points: readonly number[];
  readonly rotation: number;
}

export interface FormChoice {
  readonly boxes: TaskWish['boxes'];
  readonly polygon: Extract<OutputForm, { kind: 'polygon' }>;
}

export const REFINABLE: readonly ShapeType[] = ['mask', 'polygon', 'rectangle'];

/**
 * What is asked of the model for a stored mask, polygon or rectangle of an image of that size. Masks and polygons keep
 * their type; a rectangle becomes a mask only if that is wanted and its label takes masks.
 */
export function requestFor(
  shape: StoredShape,
  label: CvatLabel | undefined,
  madeFor: Size | null,
  { boxes, polygon }: FormChoice,
): ShapeRequest {
  const { points } = shape;
  const rest = { semantic: false, madeFor };
  if (shape.type === 'mask') {
    return { shape: { kind: 'cvat-mask', points }, output: { kind: 'cvat-mask' }, ...rest };
  }
  if (shape.type === 'polygon') {
    return { shape: { kind: 'polygon', unit: 'pixel', rings: [points] }, output: polygon, ...rest };
  }
  const rough = roughRectangle(shape);
  const takesMasks = ['any', 'mask'].includes(label?.type ?? 'any');
  if (boxes === 'mask' && takesMasks) return { shape: rough, output: { kind: 'cvat-mask' }, ...rest };
  return { shape: rough, output: { kind: 'rectangle', rotationDegrees: shape.rotation ?? 0 }, ...rest };
}

/** CVAT turns a rectangle left, top, right, bottom about its centre, clockwise; ours turn about their first corner. */
function roughRectangle({ points, rotation = 0 }: StoredShape): RoughShape {
  const [left = NaN, top = NaN, right = NaN, bottom = NaN] = points;
  const { cos, sin } = rotationOf(rotation);
  const [halfX, halfY] = [(right - left) / 2, (bottom - top) / 2];
  return {
    kind: 'rectangle',
    unit: 'pixel',
    x: left + halfX - halfX * cos + halfY * sin,
    y: top + halfY - halfX * sin - halfY * cos,
    width: right - left,
    height: bottom - top,
    rotationDegrees: rotation,
  };
}

/**
 * A refined shape as CVAT stores it, or null for one that it cannot show: a mask one pixel wide or high becomes empty in
 * the browser, a polygon needs three vertices (protocol note, section 4). Vertices are rounded to hundredths of a pixel.
 */
export function geometryOf(shape: RefinedShape): Geometry | null {
  switch (shape.kind) {
    case 'cvat-mask': {
      const [left = 0, top = 0, right = 0, bottom = 0] = shape.points.slice(-4);
      const vanishes = right - left < 1 || bottom - top < 1;
      return vanishes ? null : { type: 'mask', points: shape.points, rotation: 0 };
    }
    case 'polygon':
      return shape.ring.length < 6
        ? null
        : { type: 'polygon', points: shape.ring.map(hundredths), rotation: 0 };
    case 'rectangle':
      return storedRectangle(shape);
    default:
      throw new TypeError(`CVAT does not store ${shape.kind}`);
  }
}

function storedRectangle(shape: Extract<RefinedShape, { kind: 'rectangle' }>): Geometry {
  const { x, y, width, height, rotationDegrees } = shape;
  const { cos, sin } = rotationOf(rotationDegrees);
  const centreX = x + (width * cos - height * sin) / 2;
  const centreY = y + (width * sin + height * cos) / 2;
  const sides = [centreX - width / 2, centreY - height / 2, centreX + width / 2, centreY + height / 2];
  return { type: 'rectangle', points: sides.map(hundredths), rotation: rotationDegrees };
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
