import { type DecoderContext, LAYER_NORM_2D_EPSILON, normLayer, parameter } from './decoder-layers.js';
import type { Tensor } from './graph-builder.js';
import { add, fusedMatMul, gelu, matMul, reshape, transpose } from './ops.js';

const FEATURE_CONVOLUTIONS = 'mask_decoder.embedding_maskfeature';

/** Positions of a 3×3 kernel. */
const TAPS = 9;

/**
 * The mask of HQ-SAM's own token (mask_decoder_hq.py, embedding_maskfeature and hf_mlp). The features' second 3×3
 * convolution is linear, and so is the mask in its features: the token's weights go through the kernel first, which
 * leaves one number per pixel and tap instead of maskChannels, and the taps are added up where they belong.
 *
 * @param pixels the upscaled embedding, [B, maskSize², maskChannels] in image order
 * @param hyper the HQ token's weights, [B, 1, maskChannels]
 * @param hqFeatures of the image, [maskChannels, maskSize²]
 * @returns logits [B, 1, maskSize, maskSize]
 */
export function hqMask(context: DecoderContext, pixels: Tensor, hyper: Tensor, hqFeatures: Tensor): Tensor {
  const { graph, weights, shape } = context;
  const { maskSize, maskChannels } = shape;
  const second = weights.get(`${FEATURE_CONVOLUTIONS}.3.weight`);
  const width = second.shape[1] ?? 1;
  const kernel = graph.constant(
    [maskChannels, TAPS * width],
    tapsBeforeInputs(second.numbers, maskChannels, width),
  );
  const perTap = reshape(graph, matMul(graph, hyper, kernel), [-1, TAPS, width]);
  const features = maskFeatures(context, pixels, width);
  const taps = reshape(graph, fusedMatMul(graph, perTap, features, { b: true }), [
    -1,
    TAPS,
    maskSize,
    maskSize,
  ]);
  const shifted = graph.node('Conv', [taps, shiftingKernel(context)], { pads: [1, 1, 1, 1] });

  const bias = matMul(graph, hyper, parameter(context, `${FEATURE_CONVOLUTIONS}.3.bias`, [maskChannels, 1]));
  const rest = add(graph, matMul(graph, hyper, hqFeatures), bias);
  return add(graph, shifted, reshape(graph, rest, [-1, 1, maskSize, maskSize]));
}

/** The features' first 3×3 convolution, LayerNorm2d and GELU: [B, maskSize², width] in image order. */
function maskFeatures(context: DecoderContext, pixels: Tensor, width: number): Tensor {
  const { graph, shape } = context;
  const { maskSize, maskChannels } = shape;
  const planes = reshape(graph, transpose(graph, pixels, [0, 2, 1]), [-1, maskChannels, maskSize, maskSize]);
  const kernel = parameter(context, `${FEATURE_CONVOLUTIONS}.0.weight`);
  const bias = parameter(context, `${FEATURE_CONVOLUTIONS}.0.bias`);
  const convolved = graph.node('Conv', [planes, kernel, bias], { pads: [1, 1, 1, 1] });
  const rows = transpose(graph, reshape(graph, convolved, [-1, width, maskSize * maskSize]), [0, 2, 1]);
  return gelu(graph, normLayer(context, rows, `${FEATURE_CONVOLUTIONS}.1`, LAYER_NORM_2D_EPSILON));
}

/** Brings tap (i, j) of its neighbour to each pixel and adds up; outside the image is 0, as in the convolution. */
function shiftingKernel({ graph }: DecoderContext): Tensor {
  const kernel = new Float32Array(TAPS * TAPS);
  for (let tap = 0; tap < TAPS; tap++) kernel[tap * TAPS + tap] = 1;
  return graph.constant([1, TAPS, 3, 3], kernel);
}

/** [out, in, 3, 3] → [out, (3, 3, in)]. */
function tapsBeforeInputs(weight: Float32Array, outputs: number, inputs: number): Float32Array {
  const result = new Float32Array(weight.length);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let tap = 0; tap < TAPS; tap++) {
        const from = (output * inputs + input) * TAPS + tap;
        result[(output * TAPS + tap) * inputs + input] = weight[from] ?? 0;
      }
    }
  }
  return result;
}
