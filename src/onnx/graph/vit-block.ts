import type { Tensor } from './graph-builder.js';
import { add, biasGelu } from './ops.js';
import { encoderNorm, encoderWeight, type VitContext } from './vit-context.js';
import { globalAttention } from './vit-global-attention.js';
import { encoderProduct } from './vit-linear.js';
import { windowAttention } from './vit-window-attention.js';

/** Block `index` of the encoder (class Block of image_encoder.py), x [patches, embedDim] → [patches, embedDim]. */
export async function vitBlock(context: VitContext, x: Tensor, index: number): Promise<Tensor> {
  const { graph, shape } = context;
  const block = `blocks.${index}`;
  const attention = shape.globalBlocks.includes(index) ? globalAttention : windowAttention;
  const attended = await attention(context, await encoderNorm(context, x, `${block}.norm1`), `${block}.attn`);
  const mixed = await linearOnto(context, x, attended, `${block}.attn.proj`);

  const normal = await encoderNorm(context, mixed, `${block}.norm2`);
  const first = await encoderProduct(context, normal, `${block}.mlp.lin1.weight`);
  const hidden = biasGelu(graph, first, await encoderWeight(context, `${block}.mlp.lin1.bias`));
  return linearOnto(context, mixed, hidden, `${block}.mlp.lin2`);
}

/** residual + x × weight + bias. */
async function linearOnto(context: VitContext, residual: Tensor, x: Tensor, name: string): Promise<Tensor> {
  const { graph } = context;
  const product = await encoderProduct(context, x, `${name}.weight`);
  return add(graph, add(graph, product, await encoderWeight(context, `${name}.bias`)), residual);
}
