/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { Candidates } from './engine.js';

export interface Selection {
  readonly predictedIou: number;
  /** `[maskSize, maskSize]`: a view into the candidates, valid as long as they are. */
  readonly logits: Float32Array;
}

/**
 * The candidate of the greatest predicted IoU among the selectable ones, the first among equals; null when one of these
 * IoUs or any of the chosen logits is not finite.
 */
export function selectCandidate(candidates: Candidates, selectable: readonly number[]): Selection | null {
  let best = -1;
  let predictedIou = -Infinity;
  for (const index of selectable) {
    const iou = candidates.ious[index];
    if (iou === undefined || !Number.isFinite(iou)) return null;
    if (iou > predictedIou) {
      best = index;
      predictedIou = iou;
    }
  }
  if (best < 0) return null;
  const size = candidates.logits.length / candidates.count;
  const start = best * size;
  if (!allFinite(candidates.logits, start, start + size)) return null;
  return { predictedIou, logits: candidates.logits.subarray(start, start + size) };
}

function allFinite(values: Float32Array, start: number, end: number): boolean {
  // 0 times anything that is not finite is NaN, which stays in the sum; much faster than a test of each value.
  let zero = 0;
  for (let i = start; i < end; i++) zero += values[i]! * 0;
  return zero === 0;
}
