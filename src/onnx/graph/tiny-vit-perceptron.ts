import type { Tensor } from './graph-builder.js';
import { biasGelu, concat, gemm } from './ops.js';
import {
  type Grid,
  linearOnto,
  piecesOf,
  type TinyVitContext,
  tinyVitLinear,
  tinyVitNorm,
} from './tiny-vit-context.js';

/** x + perceptron(x), some tokens at a time (class Mlp): x [side², width] → the same shape. */
export async function perceptron(
  context: TinyVitContext,
  x: Tensor,
  name: string,
  { side }: Grid,
): Promise<Tensor> {
  const { graph, checkpoint, atOnce } = context;
  const [hiddenWidth = 1] = checkpoint.tensor(`image_encoder.${name}.fc1.weight`).shape;
  const first = await tinyVitLinear(context, `${name}.fc1`);
  const second = await tinyVitLinear(context, `${name}.fc2`);
  const normal = await tinyVitNorm(context, x, `${name}.norm`);
  const sizes = piecesOf(side * side, atOnce.hidden / hiddenWidth).map(([from, to]) => to - from);
  const residuals = graph.split(x, 0, sizes);
  const pieces = graph.split(normal, 0, sizes).map((piece, index) => {
    const hidden = biasGelu(graph, gemm(graph, piece, first.weight), first.bias);
    return linearOnto(graph, residuals[index] ?? '', hidden, second);
  });
  return concat(graph, pieces, 0);
}
