import { basename } from 'node:path';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { GraphBuilder, Tensor } from './graph-builder.js';

/**
 * A tensor of the checkpoint as a constant of the graph, in PyTorch's layout or viewed in another shape of the same
 * size. Float32 stays where it lies in the checkpoint's file (the session is told its folder); other floating types are
 * converted and copied.
 */
export async function weight(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  name: string,
  shape?: readonly number[],
): Promise<Tensor> {
  const { type, offset, bytes, shape: stored } = checkpoint.tensor(name);
  const dimensions = shape ?? stored;
  return type === 'float32'
    ? graph.external(dimensions, { file: basename(checkpoint.path), offset, bytes })
    : graph.constant(dimensions, await checkpoint.readFloat32(name));
}

/** A matrix of the checkpoint, [out, in] as PyTorch stores it, copied into the graph as [in, out]. */
export async function transposedWeight(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  name: string,
): Promise<Tensor> {
  const [rows = 1, ...rest] = checkpoint.tensor(name).shape;
  const columns = rest.reduce((product, size) => product * size, 1);
  return graph.constant([columns, rows], transposed(await checkpoint.readFloat32(name), rows, columns));
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
