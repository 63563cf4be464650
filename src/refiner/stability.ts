/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { Frame } from './types.js';

/** How far the threshold is moved up and down. */
const OFFSET = 1;

/**
 * IoU, 0 to 1, of the mask cut from `[maskSize, maskSize]` logits at +1 with the one cut at −1: how little it depends
 * on the threshold 0. Counted on the low-resolution cells that show the image, not the padding. Without a logit above
 * −1 there is nothing that could vary: 1. Source: `calculate_stability_score` in SAM's `utils/amg.py`.
 */
export function stabilityScore(logits: Float32Array, frame: Frame): number {
  const cellsPerPixel = frame.maskSize / frame.inputSize;
  const columns = Math.ceil(frame.resizedWidth * cellsPerPixel);
  const rows = Math.ceil(frame.resizedHeight * cellsPerPixel);
  let inner = 0;
  let outer = 0;
  for (let y = 0; y < rows; y++) {
    const row = y * frame.maskSize;
    for (let i = row; i < row + columns; i++) {
      const logit = logits[i]!;
      if (logit > OFFSET) inner++;
      if (logit > -OFFSET) outer++;
    }
  }
  return outer === 0 ? 1 : inner / outer;
}
