import type { RefinedShape } from '../../formats/rough-shape.js';
import type { RefineAnswer, ShapeOutcome } from '../../onnx/inference.js';

/** The answer of `POST /v1/refine`: one entry a mask, in the order of the request. */
export function toAnswerBody(answer: RefineAnswer, ids: readonly (string | null)[], model: string): object {
  return {
    model,
    image: answer.image,
    masks: answer.outcomes.map((outcome, index) => ({ id: ids[index] ?? null, ...outcomeFields(outcome) })),
  };
}

function outcomeFields(outcome: ShapeOutcome): object {
  switch (outcome.status) {
    case 'refined':
      return { status: outcome.status, figures: outcome.figures, ...shapeFields(outcome.shape) };
    case 'kept':
      return {
        status: outcome.status,
        reason: outcome.reason,
        figures: outcome.figures,
        ...(outcome.shape ? shapeFields(outcome.shape) : {}),
      };
    case 'failed':
      return { status: outcome.status, reason: outcome.reason, detail: outcome.detail };
  }
}

function shapeFields(shape: RefinedShape): object {
  switch (shape.kind) {
    case 'png':
      return { png: Buffer.from(shape.bytes).toString('base64') };
    case 'coco-rle':
      return { rle: { size: [shape.height, shape.width], counts: shape.counts } };
    case 'rings':
      return { polygon: shape.rings };
    case 'rectangle':
      return { box: [shape.x, shape.y, shape.width, shape.height] };
    case 'polygon':
    case 'brush-rle':
    case 'cvat-mask':
    case 'ellipse':
      throw new TypeError(`/v1/refine never asks for ${shape.kind}`);
  }
}
