/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */

/** Weights in a row that share a scale: small blocks keep one large weight from coarsening many others. */
export const BLOCK_SIZE = 32;

/** What stands for 0: blocks are symmetric, so that 0 stays 0 exactly. */
const ZERO_POINT = 128;
const MOST = 127;

/** A matrix as 8-bit numbers: weight = (number − 128) × scale of its block. Rows are filled up to whole blocks. */
export interface QuantizedMatrix {
  /** [rows, blocks of a row, BLOCK_SIZE] */
  readonly numbers: Uint8Array;
  /** [rows, blocks of a row] */
  readonly scales: Float32Array;
}

export function blocksOf(columns: number): number {
  return Math.ceil(columns / BLOCK_SIZE);
}

export function emptyQuantizedMatrix(rows: number, columns: number): QuantizedMatrix {
  const blocks = rows * blocksOf(columns);
  return {
    numbers: new Uint8Array(blocks * BLOCK_SIZE).fill(ZERO_POINT),
    scales: new Float32Array(blocks),
  };
}

/**
 * Quantizes some rows of a matrix [rows, columns], as the operator MatMulNBits of onnxruntime has it: the largest weight
 * of a block becomes ±127, the others are rounded. `factor` is multiplied into the scales.
 */
export function quantizeRows(
  weights: Float32Array,
  columns: number,
  into: QuantizedMatrix,
  { firstRow, factor }: { readonly firstRow: number; readonly factor: number },
): void {
  const blocks = blocksOf(columns);
  for (let row = 0; row * columns < weights.length; row++) {
    for (let block = 0; block < blocks; block++) {
      const start = row * columns + block * BLOCK_SIZE;
      const end = Math.min(start + BLOCK_SIZE, (row + 1) * columns);
      let largest = 0;
      for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(weights[i]!));
      const target = (firstRow + row) * blocks + block;
      into.scales[target] = (largest / MOST) * factor;
      const steps = largest > 0 ? MOST / largest : 0;
      const shift = target * BLOCK_SIZE - start;
      for (let i = start; i < end; i++) {
        into.numbers[i + shift] = ZERO_POINT + Math.round(weights[i]! * steps);
      }
    }
  }
}
