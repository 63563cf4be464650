/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { IouAdapter } from './iou-adapter.js';
import { project } from './iou-adapter.js';
import type { IouExample } from './iou-example.js';
import { rankingLoss } from './ranking-loss.js';

/** Slopes of a loss along an adapter's weights, in the same order. */
export interface AdapterGradient {
  readonly loraA: Float64Array;
  readonly loraB: Float64Array;
}

export interface LossOptions {
  readonly selectable: readonly number[];
  readonly margin: number;
  /** Share of this example in the batch's loss. */
  readonly weight: number;
}

export function zeroGradient({ loraA, loraB }: IouAdapter): AdapterGradient {
  return { loraA: new Float64Array(loraA.length), loraB: new Float64Array(loraB.length) };
}

/**
 * Adds an example's weighted ranking loss to the gradient and returns that loss. With x = iou + B·(A·h) and s the slope
 * along x: ∂/∂B = s·(A·h)ᵀ and ∂/∂A = (Bᵀ·s)·hᵀ. `best` is the candidate that should lead.
 */
export function addRankingGradient(
  { ious, features: h }: Pick<IouExample, 'ious' | 'features'>,
  best: number,
  adapter: IouAdapter,
  { selectable, margin, weight }: LossOptions,
  gradient: AdapterGradient,
): number {
  const { rank, features, outputs, loraA, loraB } = adapter;
  const projected = project(loraA, h, rank);
  const adapted = Float64Array.from(ious);
  for (let o = 0; o < outputs; o++) {
    for (let r = 0; r < rank; r++) adapted[o]! += loraB[o * rank + r]! * projected[r]!;
  }
  const { loss, slopes } = rankingLoss(adapted, best, { selectable, margin });
  for (let r = 0; r < rank; r++) {
    let intoProjected = 0;
    for (let o = 0; o < outputs; o++) {
      const slope = slopes[o]! * weight;
      gradient.loraB[o * rank + r]! += slope * projected[r]!;
      intoProjected += slope * loraB[o * rank + r]!;
    }
    for (let f = 0; f < features; f++) gradient.loraA[r * features + f]! += intoProjected * h[f]!;
  }
  return loss * weight;
}
