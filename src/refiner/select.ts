/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { Candidates } from './engine.js';
import { firstGreatest } from './first-greatest.js';
import { adaptIous, type IouAdapter } from './iou-adapter.js';

export interface Selection {
  readonly predictedIou: number;
  /** `[maskSize, maskSize]`: a view into the candidates, valid as long as they are. */
  readonly logits: Float32Array;
}

/**
 * The candidate of the greatest predicted IoU among the selectable ones, the first among equals; null when one of these
 * IoUs or any of the chosen logits is not finite. With an adapter the IoUs are those after it.
 */
export function selectCandidate(
  candidates: Candidates,
  selectable: readonly number[],
  adapter: IouAdapter | null,
): Selection | null {
  const ious =
    adapter === null ? candidates.ious : adaptIous(candidates.ious, candidates.iouFeatures, adapter);
  const best = firstGreatest(ious, selectable);
  if (best === null) return null;
  const size = candidates.logits.length / candidates.count;
  const start = best * size;
  if (!allFinite(candidates.logits, start, start + size)) return null;
  return { predictedIou: ious[best]!, logits: candidates.logits.subarray(start, start + size) };
}

function allFinite(values: Float32Array, start: number, end: number): boolean {
  // 0 times anything that is not finite is NaN, which stays in the sum; much faster than a test of each value.
  let zero = 0;
  for (let i = start; i < end; i++) zero += values[i]! * 0;
  return zero === 0;
}
