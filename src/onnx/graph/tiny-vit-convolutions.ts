import type { Tensor } from './graph-builder.js';
import { add, gelu, reshape, transpose } from './ops.js';
import { convolution, type Grid, type TinyVitContext } from './tiny-vit-context.js';

/** The image [1, 3, side, side] as features of every fourth pixel, [1, width, side / 4, side / 4] (class PatchEmbed). */
export async function embedPatches(context: TinyVitContext, image: Tensor): Promise<Tensor> {
  const half = gelu(context.graph, await convolution(context, image, 'patch_embed.seq.0', { stride: 2 }));
  return convolution(context, half, 'patch_embed.seq.2', { stride: 2 });
}

/**
 * A block of the convolutional stage (class MBConv; inverted bottleneck of MobileNetV2), [1, width, side, side] → the
 * same shape.
 */
export async function convolutionBlock(context: TinyVitContext, x: Tensor, name: string): Promise<Tensor> {
  const { graph } = context;
  const wide = gelu(graph, await convolution(context, x, `${name}.conv1`));
  const mixed = gelu(graph, await convolution(context, wide, `${name}.conv2`, { depthwise: true }));
  return gelu(graph, add(graph, await convolution(context, mixed, `${name}.conv3`), x));
}

/** Between stages (class PatchMerging): [1, width, side, side] → [1, next width, side / stride, side / stride]. */
export async function merge(
  context: TinyVitContext,
  x: Tensor,
  name: string,
  stride: number,
): Promise<Tensor> {
  const { graph } = context;
  const wide = gelu(graph, await convolution(context, x, `${name}.conv1`));
  const mixed = await convolution(context, wide, `${name}.conv2`, { stride, depthwise: true });
  return convolution(context, gelu(graph, mixed), `${name}.conv3`);
}

/** [1, width, side, side] → tokens [side², width]. */
export function toTokens({ graph }: TinyVitContext, x: Tensor, { side, width }: Grid): Tensor {
  return reshape(graph, transpose(graph, x, [0, 2, 3, 1]), [side * side, width]);
}

/** Tokens [side², width] → [1, width, side, side]. */
export function toPlanes({ graph }: TinyVitContext, tokens: Tensor, { side, width }: Grid): Tensor {
  return transpose(graph, reshape(graph, tokens, [1, side, side, width]), [0, 3, 1, 2]);
}
