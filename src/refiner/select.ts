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
  const logits = candidates.logits.subarray(best * size, (best + 1) * size);
  return allFinite(logits) ? { predictedIou, logits } : null;
}

function allFinite(values: Float32Array): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
}
