import sharp from 'sharp';
import { RefinerError } from '../../../src/errors.js';
import type { Inference, RefineAnswer, RefineRequest, ShapeOutcome } from '../../../src/onnx/inference.js';
import { drawShape, outcomeOf } from '../../../src/onnx/shape-outcomes.js';
import type { PixelGuidance } from '../../../src/refiner/guidance.js';
import { iou } from '../../../src/refiner/metrics.js';
import { isEmpty, maskFromBitmap, maskToBitmap } from '../../../src/refiner/mask.js';
import type { Mask, Size } from '../../../src/refiner/types.js';

/**
 * A whole inference of a few lines: draws every shape on the real image's frame, grows it by one pixel and gives it back
 * in the asked form; what is only pointed at becomes a box or a square. It keeps the requests that it was given.
 */
export interface DilatingInference extends Inference {
  readonly requests: RefineRequest[];
}

export const PREDICTED_IOU = 0.9;
export const STABILITY = 0.95;

export function dilatingInference(): DilatingInference {
  const requests: RefineRequest[] = [];
  return {
    requests,
    modelVersion: 'dilate-1',
    queued: 0,
    isReady: () => true,
    close: () => Promise.resolve(),
    examples: () => Promise.reject(new Error('nothing is learned here')),
    refine: async (request, { signal }) => {
      signal?.throwIfAborted();
      requests.push(request);
      const { image, orientation } = await frameOfImage(request);
      const outcomes: ShapeOutcome[] = [];
      for (const shape of request.shapes) {
        const drawn = await drawShape(shape, image);
        if ('failure' in drawn) outcomes.push(drawn.failure);
        else if (drawn.mask === null) {
          outcomes.push(await outcomeOf(refined(pointedAt(drawn.guidance, image), 1), shape));
        } else if (isEmpty(drawn.mask)) outcomes.push({ status: 'kept', reason: 'empty', figures: null });
        else outcomes.push(await outcomeOf(refined(drawn.mask), shape));
      }
      const times = { queueMs: 0, imageDecodeMs: 0, encodeMs: 0, promptMs: 0, decodeMs: 0, outputMs: 0 };
      return { image, orientation, outcomes, embeddingCached: false, times } satisfies RefineAnswer;
    },
  };
}

/** What is segmented without a rough shape, before it grows: the box, else a square around the first click. */
function pointedAt({ positives: [first], box }: PixelGuidance, image: Size): Mask {
  const { x = 0, y = 0 } = first ?? {};
  const { x0, y0, x1, y1 } = box ?? { x0: x - 8, y0: y - 8, x1: x + 8, y1: y + 8 };
  const bitmap = new Uint8Array(image.width * image.height);
  for (let row = Math.max(0, y0); row <= Math.min(y1, image.height - 1); row += 1) {
    bitmap.fill(1, row * image.width + Math.max(0, x0), row * image.width + Math.min(x1 + 1, image.width));
  }
  return maskFromBitmap(bitmap, image.width, image.height);
}

export function dilate(mask: Mask): Mask {
  const { imageWidth: width, imageHeight: height } = mask;
  const before = maskToBitmap(mask);
  const after = new Uint8Array(before);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (before[y * width + x] === 0) continue;
      if (x > 0) after[y * width + x - 1] = 1;
      if (x + 1 < width) after[y * width + x + 1] = 1;
      if (y > 0) after[(y - 1) * width + x] = 1;
      if (y + 1 < height) after[(y + 1) * width + x] = 1;
    }
  }
  return maskFromBitmap(after, width, height);
}

function refined(rough: Mask, agreementIou?: number): Parameters<typeof outcomeOf>[0] {
  const mask = dilate(rough);
  const figures = {
    agreementIou: agreementIou ?? iou(rough, mask),
    predictedIou: PREDICTED_IOU,
    stability: STABILITY,
    rounds: 1,
  };
  return { status: 'refined', mask, figures };
}

async function frameOfImage(request: RefineRequest): Promise<Pick<RefineAnswer, 'image' | 'orientation'>> {
  const header = await sharp(request.image)
    .metadata()
    .catch((cause: unknown) => {
      throw new RefinerError('IMAGE_NOT_READABLE', {}, { cause });
    });
  const stored = { width: header.width, height: header.height };
  const turned = (header.orientation ?? 1) >= 5;
  const displayed = turned ? { width: stored.height, height: stored.width } : stored;
  const madeFor = request.shapes.map((shape) => shape.madeFor).find((size) => size !== null);
  const onStored =
    turned && madeFor !== undefined && sameSize(madeFor, stored) && !sameSize(madeFor, displayed);
  return onStored ? { image: stored, orientation: 'stored' } : { image: displayed, orientation: 'exif' };
}

function sameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}
