import { type DecoderContext, LAYER_NORM_2D_EPSILON, normLayer, parameter } from './decoder-layers.js';
import type { Tensor } from './graph-builder.js';
import {
  concat,
  expand,
  gelu,
  linear,
  multiply,
  reshape,
  shapeOf,
  sizeOf,
  subtract,
  transpose,
} from './ops.js';
import { transposed } from './weights.js';

/**
 * The dense prompt embedding in factored form: [B, positions, channels] = factors × basis, of rank mask_in_chans + 2
 * (18). The last layer of the mask's encoder is linear and the no-mask embedding is one vector for all positions, so
 * that the wide form never has to exist: whatever is linear in it is applied to the basis.
 */
export interface DensePrompt {
  /** [B, positions, rank]: mask features, then has_mask and 1 − has_mask. */
  readonly factors: Tensor;
  /** [rank, channels]: the last layer's weight and bias, then the no-mask embedding. */
  readonly basis: Tensor;
  readonly rank: number;
}

const DOWNSCALING = 'prompt_encoder.mask_downscaling';

/**
 * Encodes mask prompts (prompt_encoder.py, mask_downscaling and no_mask_embed); masks with and without mixed.
 *
 * @param mask float32 [B, 1, maskSize, maskSize], logits
 * @param hasMask float32 [B], 1 or 0
 */
export function encodeMask(context: DecoderContext, mask: Tensor, hasMask: Tensor): DensePrompt {
  const { graph, weights, shape } = context;
  const { gridSize, positions, channels } = shape;
  const last = weights.get(`${DOWNSCALING}.6.weight`);
  const maskChannels = last.shape[1] ?? 1;

  // Pixels become rows of their position, in the order (y2, x2, y1, x1) in which the two convolutions take them.
  const pixels = reshape(graph, mask, [-1, gridSize, 2, 2, gridSize, 2, 2]);
  const ordered = transpose(graph, pixels, [0, 1, 4, 2, 5, 3, 6]);
  const quarter = normedConvolution(context, reshape(graph, ordered, [-1, positions * 4, 4]), 0);
  const features = normedConvolution(context, reshape(graph, quarter, [-1, positions, maskChannels]), 3);

  const has = reshape(graph, hasMask, [-1, 1, 1]);
  const either = concat(graph, [has, subtract(graph, graph.scalar(1), has)], 2);
  const everywhere = expand(graph, either, shapeOf(graph, sizeOf(graph, hasMask, 0), positions, 2));
  const basis = new Float32Array((maskChannels + 2) * channels);
  basis.set(transposed(last.numbers, channels, maskChannels));
  basis.set(weights.numbers(`${DOWNSCALING}.6.bias`), maskChannels * channels);
  basis.set(weights.numbers('prompt_encoder.no_mask_embed.weight'), (maskChannels + 1) * channels);
  return {
    factors: concat(graph, [multiply(graph, features, has), everywhere], 2),
    basis: graph.constant([maskChannels + 2, channels], basis),
    rank: maskChannels + 2,
  };
}

/** A 2×2 convolution of stride 2 as a product, with its LayerNorm2d and GELU: x [B, rows, 4·in] → [B, rows, out]. */
function normedConvolution(context: DecoderContext, x: Tensor, index: number): Tensor {
  const { graph, weights } = context;
  const { shape, numbers } = weights.get(`${DOWNSCALING}.${index}.weight`);
  const [outputs = 1, inputs = 1] = shape;
  const weight = graph.constant([4 * inputs, outputs], pixelsFirst(numbers, outputs, inputs));
  const convolved = linear(graph, x, weight, parameter(context, `${DOWNSCALING}.${index}.bias`));
  return gelu(graph, normLayer(context, convolved, `${DOWNSCALING}.${index + 1}`, LAYER_NORM_2D_EPSILON));
}

/** [out, in, 2, 2] → [(2, 2, in), out]. */
function pixelsFirst(weight: Float32Array, outputs: number, inputs: number): Float32Array {
  const rows = transposed(weight, outputs, inputs * 4);
  const result = new Float32Array(weight.length);
  for (let pixel = 0; pixel < 4; pixel++) {
    for (let input = 0; input < inputs; input++) {
      const row = input * 4 + pixel;
      result.set(rows.subarray(row * outputs, (row + 1) * outputs), (pixel * inputs + input) * outputs);
    }
  }
  return result;
}
