import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { GraphBuilder, Tensor } from './graph-builder.js';
import { gemm, layerNorm, reshape, transpose } from './ops.js';
import { weight } from './weights.js';

/** SAM's LayerNorm2d (modeling/common.py). */
const EPSILON = 1e-6;

/**
 * What all of SAM's image encoders end with (ViTDet, section 3; `neck` of image_encoder.py): two convolutions to the
 * embedding's width, each normalised.
 *
 * @param tokens [gridSize², width]
 * @returns the embedding [1, channels, gridSize, gridSize]
 */
export async function encoderNeck(
  {
    graph,
    checkpoint,
    gridSize,
  }: { readonly graph: GraphBuilder; readonly checkpoint: Checkpoint; readonly gridSize: number },
  tokens: Tensor,
): Promise<Tensor> {
  const [channels = 1, width = 1] = checkpoint.tensor('image_encoder.neck.0.weight').shape;
  const patches = gridSize * gridSize;
  const parameter = (name: string, shape?: readonly number[]): Promise<Tensor> =>
    weight(graph, checkpoint, `image_encoder.neck.${name}`, shape);
  const norm = async (x: Tensor, name: string): Promise<Tensor> =>
    layerNorm(graph, x, await parameter(`${name}.weight`), await parameter(`${name}.bias`), EPSILON);
  const toImage = (x: Tensor): Tensor =>
    reshape(graph, transpose(graph, x, [1, 0]), [1, channels, gridSize, gridSize]);

  const narrow = await norm(gemm(graph, tokens, await parameter('0.weight', [channels, width])), '1');
  const smooth = graph.node('Conv', [toImage(narrow), await parameter('2.weight')], {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
  });
  const flat = transpose(graph, reshape(graph, smooth, [channels, patches]), [1, 0]);
  return toImage(await norm(flat, '3'));
}
