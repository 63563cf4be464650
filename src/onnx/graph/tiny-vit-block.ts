import type { Tensor } from './graph-builder.js';
import { type WindowAttention, windowAttention } from './tiny-vit-attention.js';
import { convolution, linearOnto, type TinyVitContext, tinyVitLinear } from './tiny-vit-context.js';
import { toPlanes, toTokens } from './tiny-vit-convolutions.js';
import { perceptron } from './tiny-vit-perceptron.js';

/**
 * A block of the attention stages (class TinyViTBlock): attention within windows, a depthwise convolution across their
 * borders, and a perceptron; x [side², width] → the same shape.
 */
export async function tinyVitBlock(
  context: TinyVitContext,
  x: Tensor,
  name: string,
  attention: WindowAttention,
): Promise<Tensor> {
  const { graph } = context;
  const { grid } = attention;
  const attended = await windowAttention(context, x, `${name}.attn`, attention);
  const mixed = linearOnto(graph, x, attended, await tinyVitLinear(context, `${name}.attn.proj`));
  const planes = toPlanes(context, mixed, grid);
  const smooth = await convolution(context, planes, `${name}.local_conv`, { depthwise: true });
  return perceptron(context, toTokens(context, smooth, grid), `${name}.mlp`, grid);
}
