/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import { type DecoderContext, parameter } from './decoder-layers.js';
import type { Tensor } from './graph-builder.js';
import { add, concat, matMul, multiply } from './ops.js';

/** Random spatial frequencies [2, channels / 2], rows x and y (prompt_encoder.py, PositionEmbeddingRandom). */
const FREQUENCIES = 'prompt_encoder.pe_layer.positional_encoding_gaussian_matrix';

/** The encoding of the middle of every position of the embedding, as a constant [positions, channels]. */
export function densePositionEncoding({ graph, weights, shape }: DecoderContext): Tensor {
  const { gridSize, positions, channels } = shape;
  const frequencies = weights.numbers(FREQUENCIES);
  const half = channels / 2;
  const encoding = new Float32Array(positions * channels);
  for (let position = 0; position < positions; position++) {
    const x = 2 * (((position % gridSize) + 0.5) / gridSize) - 1;
    const y = 2 * ((Math.floor(position / gridSize) + 0.5) / gridSize) - 1;
    for (let k = 0; k < half; k++) {
      // Rounded where PyTorch rounds: the phases are tens of turns, so that an unrounded one would differ more.
      const turns = Math.fround(Math.fround(x * frequencies[k]!) + Math.fround(y * frequencies[half + k]!));
      const phase = Math.fround(2 * Math.PI * turns);
      encoding[position * channels + k] = Math.sin(phase);
      encoding[position * channels + half + k] = Math.cos(phase);
    }
  }
  return graph.constant([positions, channels], encoding);
}

/** The encoding of pixel indices [B, N, 2] of the input image: [B, N, channels]. */
export function pointPositionEncoding(context: DecoderContext, points: Tensor): Tensor {
  const { graph, shape } = context;
  const centres = add(graph, points, graph.scalar(0.5));
  const unit = add(graph, multiply(graph, centres, graph.scalar(2 / shape.imageSize)), graph.scalar(-1));
  const turns = matMul(graph, unit, parameter(context, FREQUENCIES));
  const phase = multiply(graph, turns, graph.scalar(2 * Math.PI));
  return concat(graph, [graph.node('Sin', [phase]), graph.node('Cos', [phase])], -1);
}
