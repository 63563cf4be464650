import { RefinerError } from '../../errors.js';
import type { OutputForm, RoughShape } from '../../formats/rough-shape.js';
import type { ShapeOutcome, ShapeRequest } from '../../onnx/inference.js';
import type { Rectangle } from '../../refiner/tight-rectangle.js';
import { vanishesInBrowser } from './vanishing-mask.js';

/** A shape as CVAT hands it on; further members are not looked at. */
export interface CvatShape {
  readonly type: 'mask' | 'polygon' | 'rectangle';
  readonly points: readonly number[];
  /** What a shape is that comes as a polygon because CVAT lets no types through but those that the function names. */
  readonly drawn_as?: 'rectangle';
  /** Degrees clockwise about the centre; rectangles alone have it. */
  readonly rotation?: number;
}

/** The checked body of a call of the tracker kind (protocol note, section 3.3). */
export interface RefineCall {
  /** Base64 of the image file. */
  readonly image: string;
  /** Null where tracking goes on, which holds nothing to refine. */
  readonly shapes: readonly (CvatShape | null)[];
  readonly states?: readonly unknown[];
}

export const SHAPES_SCHEMA = {
  type: 'array',
  maxItems: 5000,
  items: {
    type: 'object',
    nullable: true,
    required: ['type', 'points'],
    properties: {
      type: { type: 'string', enum: ['mask', 'polygon', 'rectangle'] },
      points: { type: 'array', items: { type: 'number' }, maxItems: 2_000_000 },
      drawn_as: { type: 'string', enum: ['rectangle'] },
      rotation: { type: 'number' },
    },
  },
} as const;

export const REFINE_CALL_SCHEMA = {
  type: 'object',
  required: ['image', 'shapes'],
  properties: {
    image: { type: 'string' },
    shapes: SHAPES_SCHEMA,
    states: { type: 'array' },
  },
} as const;

export interface CvatRefinedShape {
  readonly type: 'mask' | 'polygon';
  readonly points: readonly number[];
  /** Of what was a rectangle: left, top, right, bottom of the object, without specks far from it. */
  readonly box?: readonly number[];
  /** What the model expects of its mask: the IoU with the true one. */
  readonly iou: number;
}

export interface RefineCallAnswer {
  /** In the order of the call; null for a shape that stays as it is. */
  readonly shapes: readonly (CvatRefinedShape | null)[];
  /** One for each shape: CVAT fails without them. */
  readonly states: readonly unknown[];
}

/** The shapes of a call that there are, in their order. Polygons come back as polygons, masks and boxes as masks. */
export function shapeRequests(call: RefineCall, polygon: OutputForm): readonly ShapeRequest[] {
  return call.shapes.flatMap((shape) => {
    if (shape === null) return [];
    const output = outputFor(shape.drawn_as ?? shape.type, polygon);
    return [{ shape: roughShape(shape), semantic: false, output, madeFor: null }];
  });
}

function outputFor(type: CvatShape['type'], polygon: OutputForm): OutputForm {
  switch (type) {
    case 'mask':
      return { kind: 'cvat-mask' };
    case 'polygon':
      return polygon;
    case 'rectangle':
      return { kind: 'cvat-mask', box: true };
  }
}

/**
 * The answer of a call from the outcomes of its `shapeRequests`. A shape that cannot be used or improved is null. When
 * none could be used, as when a single damaged mask was sent, that is an error: null would not tell the user why.
 * Throws SHAPE_INVALID.
 */
export function refineAnswer(call: RefineCall, outcomes: readonly ShapeOutcome[]): RefineCallAnswer {
  const [first] = outcomes;
  if (first?.status === 'failed' && outcomes.every(({ status }) => status === 'failed')) {
    throw new RefinerError('SHAPE_INVALID', { where: '/shapes', received: first.detail.replace(/\.$/, '') });
  }
  const inOrder = outcomes.values();
  return {
    shapes: call.shapes.map((shape) => {
      if (shape === null) return null;
      const outcome = inOrder.next().value;
      return outcome?.status === 'refined' ? refinedShape(outcome) : null;
    }),
    states: call.shapes.map((_, index) => call.states?.[index] ?? null),
  };
}

/** The shape as it is refined. */
export function roughShape({ type, drawn_as: drawnAs, points, rotation }: CvatShape): RoughShape {
  switch (drawnAs ?? type) {
    case 'mask':
      return { kind: 'cvat-mask', points };
    case 'polygon':
      return { kind: 'polygon', unit: 'pixel', rings: [points] };
    case 'rectangle':
      return { kind: 'polygon', unit: 'pixel', rings: [corners(points, rotation ?? 0)] };
  }
}

/** The corners of a rectangle left, top, right, bottom that is turned about its centre. */
function corners(points: readonly number[], rotationDegrees: number): readonly number[] {
  const [left = NaN, top = NaN, right = NaN, bottom = NaN] = points;
  const angle = (rotationDegrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [halfX, halfY] = [(right - left) / 2, (bottom - top) / 2];
  const signs = [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ] as const;
  return signs.flatMap(([x, y]) => [
    left + halfX + x * halfX * cos - y * halfY * sin,
    top + halfY + x * halfX * sin + y * halfY * cos,
  ]);
}

function sides({ x, y, width, height }: Rectangle): readonly number[] {
  return [x, y, x + width, y + height];
}

function refinedShape({ shape, figures }: ShapeOutcome & { status: 'refined' }): CvatRefinedShape | null {
  const iou = figures.predictedIou;
  if (shape.kind === 'cvat-mask') {
    if (vanishesInBrowser(shape.points)) return null;
    return { type: 'mask', points: shape.points, ...(shape.box && { box: sides(shape.box) }), iou };
  }
  if (shape.kind === 'polygon') {
    return shape.ring.length < 6 ? null : { type: 'polygon', points: shape.ring, iou };
  }
  throw new TypeError(`CVAT is never answered with ${shape.kind}`);
}
