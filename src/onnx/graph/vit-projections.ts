import type { Tensor } from './graph-builder.js';
import { add } from './ops.js';
import { encoderWeight, type VitContext } from './vit-context.js';
import { quantizedProduct } from './vit-linear.js';

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
    if (context.precision === 'int8') return quantizedPart(context, x, `${attention}.qkv`, index, factor);
    const square = [embedDim, embedDim];
    const weight = await encoderWeight(context, `${attention}.qkv.weight`, square, index * embedDim ** 2);
    const bias = await encoderWeight(context, `${attention}.qkv.bias`, [embedDim], index * embedDim);
    const scale = { alpha: { float: factor }, beta: { float: factor } };
    return context.graph.node('Gemm', [x, weight, bias], { transB: 1, ...scale });
  };
  return {
    queries: await part(0, Math.sqrt(heads / embedDim)),
    keys: await part(1, 1),
    values: await part(2, 1),
  };
}

async function quantizedPart(
  context: VitContext,
  x: Tensor,
  qkv: string,
  index: number,
  factor: number,
): Promise<Tensor> {
  const { checkpoint, graph, shape } = context;
  const { embedDim } = shape;
  const rows = { first: index * embedDim, count: embedDim, factor };
  const product = await quantizedProduct(context, x, `${qkv}.weight`, rows);
  const part = { start: index * embedDim, count: embedDim };
  const bias = await checkpoint.readFloat32(`image_encoder.${qkv}.bias`, part);
  return add(
    graph,
    product,
    graph.constant(
      [embedDim],
      bias.map((value) => value * factor),
    ),
  );
}
