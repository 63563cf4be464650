import { basename } from 'node:path';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { ELEMENT_BYTES } from '../checkpoint/tensor-ref.js';
import type { GraphBuilder, Tensor } from './graph-builder.js';
import { ONNX_TYPE } from './onnx-types.js';

/**
 * A tensor of the checkpoint as a float32 constant of the graph, in PyTorch's layout; or as many of its elements as
 * `shape` holds, from `start` on. The numbers stay where they lie in the checkpoint's file (the session is told its
 * folder): a graph cannot hold the 2.5 GB of ViT-H. onnxruntime widens 16-bit numbers once, when the session starts.
 */
export async function weight(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  name: string,
  shape: readonly number[] = checkpoint.tensor(name).shape,
  start = 0,
): Promise<Tensor> {
  const { type, offset } = checkpoint.tensor(name);
  const count = shape.reduce((product, side) => product * side, 1);
  if (type !== 'float32' && type !== 'float16' && type !== 'bfloat16') {
    return graph.constant(shape, (await checkpoint.readFloat32(name)).slice(start, start + count));
  }
  const size = ELEMENT_BYTES[type];
  const place = { file: basename(checkpoint.path), offset: offset + size * start, bytes: size * count };
  const stored = graph.external(shape, place, type);
  return type === 'float32' ? stored : graph.node('Cast', [stored], { to: ONNX_TYPE.float32 });
}

/** The transpose of a row-major matrix [rows, columns]. */
export function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = matrix[row * columns + column] ?? 0;
    }
  }
  return result;
}
