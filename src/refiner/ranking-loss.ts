/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices name existing entries of the typed arrays */

/** Value of the loss, and its slope along each predicted IoU, `[outputs]`. */
export interface RankingLoss {
  readonly loss: number;
  readonly slopes: Float64Array;
}

/**
 * Σ over i ≠ best of max(0, xᵢ − x_best + margin), over the selectable candidates alone: nothing is lost once the
 * predicted IoU of the best candidate leads every other by the margin. On the edge itself the slope is 1, as PyTorch
 * has it. Paper section 3.3; official `iou_adaption_davis585.py` (`MarginRankingLoss`, sum).
 */
export function rankingLoss(
  ious: Float64Array,
  best: number,
  { selectable, margin }: { readonly selectable: readonly number[]; readonly margin: number },
): RankingLoss {
  const slopes = new Float64Array(ious.length);
  let loss = 0;
  for (const other of selectable) {
    if (other === best) continue;
    const shortfall = ious[other]! - ious[best]! + margin;
    if (shortfall < 0) continue;
    loss += shortfall;
    slopes[other]! += 1;
    slopes[best]! -= 1;
  }
  return { loss, slopes };
}
