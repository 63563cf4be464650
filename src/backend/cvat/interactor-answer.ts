import { RefinerError } from '../../errors.js';
import { decodeCvatMask } from '../../formats/cvat-mask.js';
import type { Ring } from '../../formats/rough-shape.js';
import type { ShapeOutcome } from '../../onnx/inference.js';
import { areaPx } from '../../refiner/mask.js';
import type { Mask, Size } from '../../refiner/types.js';
import { vanishesInBrowser } from './vanishing-mask.js';

/** An object that was found. */
export interface FoundObject {
  /** Runs and box. */
  readonly points: readonly number[];
  readonly outline: Ring;
  /** The IoU that the model expects of its mask. */
  readonly iou: number;
}

/** The answer that every CVAT takes. */
export interface MaskAnswer {
  /** 0 and 1 in rows of the image's full size: newer browsers would paste a crop into the corner. */
  readonly mask: readonly Uint8Array[];
  /** Outline of the largest part; empty when nothing was found, or browsers look for one and fail. */
  readonly points: readonly (readonly number[])[];
}

/** The answer that newer ones take, one shape for each object. */
export interface ShapesAnswer {
  readonly shapes: readonly {
    readonly type: 'mask';
    readonly points: readonly number[];
    /** `spec_id` 0 is the confidence. */
    readonly attributes: readonly [{ readonly spec_id: 0; readonly value: string }];
  }[];
}

/**
 * The objects among the outcomes; those too thin to be seen in CVAT are left out. Throws GUIDANCE_INVALID when
 * what was pointed at cannot be used at all, as outside the image.
 */
export function foundObjects(outcomes: readonly ShapeOutcome[]): readonly FoundObject[] {
  const [first] = outcomes;
  if (first?.status === 'failed' && outcomes.every(({ status }) => status === 'failed')) {
    throw new RefinerError('GUIDANCE_INVALID', { received: first.detail.replace(/\.$/, '') });
  }
  return outcomes.flatMap((outcome) => {
    if (outcome.status !== 'refined' || outcome.shape.kind !== 'cvat-mask') return [];
    const { points, outline = [] } = outcome.shape;
    return vanishesInBrowser(points) ? [] : [{ points, outline, iou: outcome.figures.predictedIou }];
  });
}

/** All objects as one mask of the image's size. */
export function maskAnswer(objects: readonly FoundObject[], size: Size): MaskAnswer {
  const nothing = new Uint8Array(size.width);
  const rows = new Array<Uint8Array>(size.height).fill(nothing);
  let largest: { readonly areaPx: number; readonly outline: Ring } = { areaPx: 0, outline: [] };
  for (const { points, outline } of objects) {
    const mask = decodeCvatMask(points, size);
    draw(mask, rows, nothing);
    const area = areaPx(mask);
    if (area > largest.areaPx) largest = { areaPx: area, outline };
  }
  return { mask: rows, points: vertices(largest.outline) };
}

export function shapesAnswer(objects: readonly FoundObject[]): ShapesAnswer {
  return {
    shapes: objects.map(({ points, iou }) => ({
      type: 'mask',
      points,
      attributes: [{ spec_id: 0, value: Math.min(1, Math.max(0, iou)).toFixed(2) }],
    })),
  };
}

/** Adds a mask to rows that are `nothing`, one and the same for all, until something is drawn in them. */
function draw({ box, data }: Mask, rows: Uint8Array[], nothing: Uint8Array): void {
  const width = box.x1 - box.x0;
  for (let y = box.y0; y < box.y1; y += 1) {
    const before = rows[y] ?? nothing;
    const row = before === nothing ? nothing.slice() : before;
    const start = (y - box.y0) * width;
    for (let x = 0; x < width; x += 1) if (data[start + x] === 1) row[box.x0 + x] = 1;
    rows[y] = row;
  }
}

function vertices(ring: Ring): readonly (readonly number[])[] {
  const pairs: (readonly number[])[] = [];
  for (let i = 0; i + 1 < ring.length; i += 2) pairs.push(ring.slice(i, i + 2));
  return pairs;
}
