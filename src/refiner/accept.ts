import { areaPx, isEmpty } from './mask.js';
import { meanWidthPx } from './mean-width.js';
import { iou } from './metrics.js';
import type { AcceptOptions } from './options.js';
import type { RoundsResult } from './rounds.js';
import type { Mask, Size } from './types.js';
import { withoutStrayParts } from './without-stray-parts.js';
import type { Figures, Verdict } from './verdict.js';

/**
 * The verdict on a rough mask that is not worth a decoder run; null when it is.
 *
 * @param view what the model looks at: the image, or the part of it around the object
 * @param maskSize cells of the model's mask along the longest side of that
 */
export function verdictBeforeRounds(
  rough: Mask,
  view: Size,
  maskSize: number,
  accept: AcceptOptions,
): Verdict | null {
  if (isEmpty(rough)) return { status: 'kept', mask: rough, reason: 'empty', figures: null };
  if (areaPx(rough) < accept.minAreaPx) {
    return { status: 'kept', mask: rough, reason: 'too-small', figures: null };
  }
  const cellSidePx = Math.max(view.width, view.height) / maskSize;
  if (accept.minWidthCells > 0 && meanWidthPx(rough) < accept.minWidthCells * cellSidePx) {
    return { status: 'kept', mask: rough, reason: 'too-thin', figures: null };
  }
  return null;
}

/**
 * The verdict on what the rounds made of a rough mask. A mask that came out empty disagrees, whatever the limits.
 *
 * @param said what the result has to agree with: the rough mask, or that as clicks correct it
 */
export function verdictAfterRounds(
  rough: Mask,
  result: RoundsResult | 'decoder-output-not-finite',
  accept: AcceptOptions,
  said: Mask = rough,
): Verdict {
  if (result === 'decoder-output-not-finite') return { status: 'failed', mask: rough, reason: result };
  const found = accept.dropStrayParts ? withoutStrayParts(result.mask, said) : result.mask;
  const figures: Figures = {
    agreementIou: iou(said, found),
    predictedIou: result.predictedIou,
    stability: result.stability,
    rounds: result.rounds,
  };
  if (isEmpty(found) || figures.agreementIou < accept.minAgreement) {
    return { status: 'kept', mask: rough, reason: 'disagrees', figures };
  }
  if (figures.predictedIou < accept.minPredictedIou) {
    return { status: 'kept', mask: rough, reason: 'low-predicted-iou', figures };
  }
  if (figures.stability < accept.minStability) {
    return { status: 'kept', mask: rough, reason: 'unstable', figures };
  }
  return { status: 'refined', mask: found, figures };
}
