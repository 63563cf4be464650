import { RefinerError } from '../errors.js';
import { guidanceInPixels, requireTarget } from '../formats/guidance.js';
import { maskToShape } from '../formats/mask-to-shape.js';
import { shapeToMask } from '../formats/shape-to-mask.js';
import { guidanceCount, type PixelGuidance } from '../refiner/guidance.js';
import { isEmpty } from '../refiner/mask.js';
import type { Mask, Size } from '../refiner/types.js';
import type { Verdict } from '../refiner/verdict.js';
import type { ShapeOutcome, ShapeRequest } from './inference.js';

/** A rough shape drawn as a mask and guidance in pixels, or why they cannot be. */
export type DrawnShape =
  | { readonly request: ShapeRequest; readonly mask: Mask; readonly guidance: PixelGuidance | null }
  | { readonly request: ShapeRequest; readonly mask: null; readonly guidance: PixelGuidance }
  | { readonly request: ShapeRequest; readonly failure: ShapeOutcome };

/**
 * Draws one rough shape and what was pointed at on the image. What was made for another image size or cannot be used
 * gives a failure, not an error, so that the other shapes of its request go on.
 */
export async function drawShape(request: ShapeRequest, image: Size): Promise<DrawnShape> {
  try {
    requireSize(request.madeFor, image);
    const pointedAt = request.guidance ? guidanceInPixels(request.guidance, image) : null;
    const guidance = pointedAt !== null && guidanceCount(pointedAt) > 0 ? pointedAt : null;
    if (request.shape !== null) return { request, mask: await shapeToMask(request.shape, image), guidance };
    return { request, mask: null, guidance: requireTarget(guidance) };
  } catch (error) {
    return { request, failure: failureOf(error) };
  }
}

/** Puts a verdict into the form that its shape asks for. */
export async function outcomeOf(verdict: Verdict, request: ShapeRequest): Promise<ShapeOutcome> {
  try {
    return await outcome(verdict, request);
  } catch (error) {
    return failureOf(error);
  }
}

async function outcome(verdict: Verdict, { output, returnKept }: ShapeRequest): Promise<ShapeOutcome> {
  switch (verdict.status) {
    case 'refined':
      return { status: 'refined', shape: await maskToShape(verdict.mask, output), figures: verdict.figures };
    case 'kept': {
      const { status, reason, figures } = verdict;
      if (returnKept !== true || isEmpty(verdict.mask)) return { status, reason, figures };
      return { status, reason, figures, shape: await maskToShape(verdict.mask, output) };
    }
    case 'failed':
      return {
        status: 'failed',
        reason: verdict.reason,
        detail: 'The model gave numbers that are not finite.',
      };
  }
}

/** Only refusals of the catalogue are a shape's own; anything else is a fault of the program and is thrown on. */
function failureOf(error: unknown): ShapeOutcome {
  if (!(error instanceof RefinerError)) throw error;
  return { status: 'failed', reason: error.code, detail: error.message };
}

/** Throws IMAGE_SIZE_MISMATCH for a shape that was made for another size of the image. */
export function requireSize(madeFor: Size | null, image: Size): void {
  if (madeFor === null) return;
  if (madeFor.width === image.width && madeFor.height === image.height) return;
  throw new RefinerError('IMAGE_SIZE_MISMATCH', {
    expected: `a shape made for ${image.width} × ${image.height} pixels`,
    received: `one made for ${madeFor.width} × ${madeFor.height}`,
  });
}
