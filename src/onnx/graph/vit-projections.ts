import { basename } from 'node:path';
import type { Tensor } from './graph-builder.js';
import type { VitContext } from './vit-context.js';

/** Tokens' queries (times 1/√headDim), keys and values, each [tokens, embedDim] with the heads side by side. */
export interface Projections {
  readonly queries: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * The three projections that PyTorch stores as one matrix `qkv` [3·embedDim, embedDim], as three products: their results
 * need not be split apart, and the scale of the queries costs nothing.
 */
export async function projections(context: VitContext, x: Tensor, attention: string): Promise<Projections> {
  const { embedDim, heads } = context.shape;
  const part = async (index: number, factor: number): Promise<Tensor> => {
    const weight = await rows(context, `${attention}.qkv.weight`, index * embedDim, [embedDim, embedDim]);
    const bias = await rows(context, `${attention}.qkv.bias`, index * embedDim, [embedDim]);
    const scale = { alpha: { float: factor }, beta: { float: factor } };
    return context.graph.node('Gemm', [x, weight, bias], { transB: 1, ...scale });
  };
  return {
    queries: await part(0, Math.sqrt(heads / embedDim)),
    keys: await part(1, 1),
    values: await part(2, 1),
  };
}

/** Rows of a tensor from `first` on, in a shape that says how many; left in the checkpoint's file where it is float32. */
async function rows(
  { graph, checkpoint }: VitContext,
  name: string,
  first: number,
  shape: readonly number[],
): Promise<Tensor> {
  const full = `image_encoder.${name}`;
  const { type, offset, shape: stored } = checkpoint.tensor(full);
  const start = first * stored.slice(1).reduce((product, side) => product * side, 1);
  const count = shape.reduce((product, side) => product * side, 1);
  return type === 'float32'
    ? graph.external(shape, {
        file: basename(checkpoint.path),
        offset: offset + 4 * start,
        bytes: 4 * count,
      })
    : graph.constant(shape, (await checkpoint.readFloat32(full)).slice(start, start + count));
}
