/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the tables of the frame */
import type { Frame } from './types.js';
import type { Upsampler } from './upsample.js';

/**
 * The logit that `logitsToMask` compares with the threshold at one image pixel, up to float32 rounding: `[maskSize,
 * maskSize]` bilinear to the input frame, then bilinear to the image.
 */
export function logitAt(
  logits: Float32Array,
  frame: Frame,
  { toInput, columnsToImage, rowsToImage }: Upsampler,
  x: number,
  y: number,
): number {
  const atCell = (row: number, inputColumn: number): number => {
    const start = row * frame.maskSize;
    return (
      logits[start + toInput.first[inputColumn]!]! * toInput.firstWeight[inputColumn]! +
      logits[start + toInput.second[inputColumn]!]! * toInput.secondWeight[inputColumn]!
    );
  };
  const atInput = (inputRow: number, inputColumn: number): number =>
    atCell(toInput.first[inputRow]!, inputColumn) * toInput.firstWeight[inputRow]! +
    atCell(toInput.second[inputRow]!, inputColumn) * toInput.secondWeight[inputRow]!;
  const alongRow = (inputRow: number): number =>
    atInput(inputRow, columnsToImage.first[x]!) * columnsToImage.firstWeight[x]! +
    atInput(inputRow, columnsToImage.second[x]!) * columnsToImage.secondWeight[x]!;
  return (
    alongRow(rowsToImage.first[y]!) * rowsToImage.firstWeight[y]! +
    alongRow(rowsToImage.second[y]!) * rowsToImage.secondWeight[y]!
  );
}
