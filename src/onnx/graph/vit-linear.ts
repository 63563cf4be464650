import {
  BLOCK_SIZE,
  blocksOf,
  emptyQuantizedMatrix,
  type QuantizedMatrix,
  quantizeRows,
} from './block-quantization.js';
import type { Tensor } from './graph-builder.js';
import { gemm } from './ops.js';
import { encoderWeight, type VitContext } from './vit-context.js';

/** Weights read at once while quantizing: 16 MiB as float32. */
const WEIGHTS_AT_ONCE = 4 * 1024 * 1024;

/** Rows of a matrix of the checkpoint, and what they are multiplied by. */
export interface Rows {
  readonly first: number;
  readonly count: number;
  readonly factor: number;
}

/** x × weightᵀ without bias, x [M, in] → [M, out], in the precision of the encoder. */
export async function encoderProduct(context: VitContext, x: Tensor, name: string): Promise<Tensor> {
  if (context.precision === 'fp32') return gemm(context.graph, x, await encoderWeight(context, name));
  const [count = 0] = context.checkpoint.tensor(`image_encoder.${name}`).shape;
  return quantizedProduct(context, x, name, { first: 0, count, factor: 1 });
}

/**
 * factor · x × weightᵀ with the weights of some rows as 8-bit numbers in blocks (`quantizeRows`); onnxruntime rounds x to
 * 8 bits as well, block by block, and adds up as integers (accuracy level 4). Such weights are held in the graph.
 */
export async function quantizedProduct(
  context: VitContext,
  x: Tensor,
  name: string,
  rows: Rows,
): Promise<Tensor> {
  const { graph, checkpoint } = context;
  const [, columns = 0] = checkpoint.tensor(`image_encoder.${name}`).shape;
  const { numbers, scales } = await readQuantized(context, name, columns, rows);
  const blocks = blocksOf(columns);
  return graph.node(
    'MatMulNBits',
    [
      x,
      graph.constant([rows.count, blocks, BLOCK_SIZE], numbers),
      graph.constant([rows.count * blocks], scales),
    ],
    { K: columns, N: rows.count, bits: 8, block_size: BLOCK_SIZE, accuracy_level: 4 },
    { domain: 'com.microsoft' },
  );
}

async function readQuantized(
  { checkpoint }: VitContext,
  name: string,
  columns: number,
  { first, count, factor }: Rows,
): Promise<QuantizedMatrix> {
  const matrix = emptyQuantizedMatrix(count, columns);
  const rowsAtOnce = Math.max(1, Math.floor(WEIGHTS_AT_ONCE / columns));
  for (let done = 0; done < count; done += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, count - done);
    const part = { start: (first + done) * columns, count: rows * columns };
    const weights = await checkpoint.readFloat32(`image_encoder.${name}`, part);
    quantizeRows(weights, columns, matrix, { firstRow: done, factor });
  }
  return matrix;
}
