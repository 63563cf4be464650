import { RefinerError } from '../../errors.js';
import type { Guidance } from '../../onnx/inference.js';
import { type CvatShape, SHAPES_SCHEMA } from './refine-call.js';

type Pair = readonly [x: number, y: number];

/** The checked body of a call of the interactor kind; pixels of the image (protocol note, section 3.2). */
export interface ClicksCall {
  /** Base64 of the image file. */
  readonly image: string;
  readonly pos_points?: readonly Pair[] | null;
  readonly neg_points?: readonly Pair[] | null;
  /** Corners of boxes, two for each. */
  readonly obj_bbox?: readonly Pair[] | null;
}

/** What a script may put into an interactor's call, where CVAT does not look: shapes to refine. */
export interface ScriptCall {
  readonly image: string;
  readonly pos_points: { readonly refine: readonly (CvatShape | null)[] };
}

const PAIRS_SCHEMA = {
  type: 'array',
  nullable: true,
  maxItems: 1000,
  items: { type: 'array', minItems: 2, maxItems: 2, items: { type: 'number' } },
} as const;

export const CLICKS_CALL_SCHEMA = {
  type: 'object',
  required: ['image'],
  properties: {
    image: { type: 'string' },
    pos_points: PAIRS_SCHEMA,
    neg_points: PAIRS_SCHEMA,
    obj_bbox: PAIRS_SCHEMA,
  },
} as const;

export const SCRIPT_CALL_SCHEMA = {
  type: 'object',
  required: ['image', 'pos_points'],
  properties: {
    image: { type: 'string' },
    pos_points: { type: 'object', required: ['refine'], properties: { refine: SHAPES_SCHEMA } },
  },
} as const;

type Click = Guidance['points'][number];
type Box = NonNullable<Guidance['box']>;

/**
 * What is pointed at, one object each: a box with all clicks, the clicks alone, or several boxes, of which each has the
 * clicks that lie in it or, outside all, nearest to it. Nothing as long as nothing positive is pointed at.
 * Throws BODY_INVALID for a corner without its opposite.
 */
export function pointedAt(call: ClicksCall): readonly Guidance[] {
  const boxes = boxesOf(call.obj_bbox ?? []);
  const clicks = [
    ...(call.pos_points ?? []).map(([x, y]) => ({ x, y, positive: true })),
    ...(call.neg_points ?? []).map(([x, y]) => ({ x, y, positive: false })),
  ];
  if (boxes.length > 0) {
    return boxes.map((box) => {
      const points = clicks.filter((click) => nearest(boxes, click) === box);
      return { unit: 'pixel', points, box };
    });
  }
  return clicks.some(({ positive }) => positive) ? [{ unit: 'pixel', points: clicks, box: null }] : [];
}

function boxesOf(corners: readonly Pair[]): readonly Box[] {
  if (corners.length % 2 === 1) {
    throw new RefinerError('BODY_INVALID', {
      where: '/obj_bbox',
      expected: 'two corners for each box',
      received: `${corners.length} corners`,
    });
  }
  const boxes: Box[] = [];
  for (let i = 0; i < corners.length; i += 2) {
    const [[xa, ya], [xb, yb]] = [corners[i] ?? [0, 0], corners[i + 1] ?? [0, 0]];
    boxes.push({ x0: Math.min(xa, xb), y0: Math.min(ya, yb), x1: Math.max(xa, xb), y1: Math.max(ya, yb) });
  }
  return boxes;
}

function nearest(boxes: readonly Box[], click: Click): Box | undefined {
  const [first, ...others] = boxes;
  return others.reduce(
    (best, box) => (best && distance(box, click) < distance(best, click) ? box : best),
    first,
  );
}

/** 0 inside. */
function distance({ x0, y0, x1, y1 }: Box, { x, y }: Click): number {
  return Math.hypot(Math.max(x0 - x, 0, x - x1), Math.max(y0 - y, 0, y - y1));
}
