import { type DecoderContext, LAYER_NORM_2D_EPSILON, normLayer } from './decoder-layers.js';
import type { Parameter } from './decoder-weights.js';
import type { Tensor } from './graph-builder.js';
import { biasGelu, gelu, linear, matMul, reshape, transpose } from './ops.js';

/*
 * SAM upscales with transposed convolutions of kernel 2 and stride 2, in which every position makes its own 2×2 pixels:
 * a product with a matrix [in, (2, 2, out)] on channels-last rows. The pixels stay in the order of their making, so that
 * rows go (y, x, y1, x1, y2, x2), finest last; who needs them in image order sorts them once.
 */

/** Sequential(ConvTranspose, LayerNorm2d, GELU, ConvTranspose): the products and their biases. */
export interface UpscalingOptions {
  /** Whether a GELU follows the second convolution. */
  readonly lastGelu: boolean;
}

/** Upscales rows [..., in] by 4: [rows · 16, out]. `name` is the nn.Sequential of a checkpoint. */
export function upscale(
  context: DecoderContext,
  rows: Tensor,
  name: string,
  { lastGelu }: UpscalingOptions,
): Tensor {
  const { graph } = context;
  const first = upscalingWeights(context, `${name}.0`);
  const second = upscalingWeights(context, `${name}.3`);
  const flat = reshape(graph, rows, [-1, first.inputs]);
  const doubled = reshape(graph, linear(graph, flat, first.weight, first.bias), [-1, first.outputs]);
  const normed = gelu(graph, normLayer(context, doubled, `${name}.1`, LAYER_NORM_2D_EPSILON));
  const pixels = lastGelu
    ? biasGelu(graph, matMul(graph, normed, second.weight), second.bias)
    : linear(graph, normed, second.weight, second.bias);
  return reshape(graph, pixels, [-1, second.outputs]);
}

interface UpscalingWeights {
  readonly inputs: number;
  readonly outputs: number;
  /** [in, (2, 2, out)] */
  readonly weight: Tensor;
  /** [(2, 2, out)] */
  readonly bias: Tensor;
}

function upscalingWeights({ graph, weights }: DecoderContext, name: string): UpscalingWeights {
  const weight = weights.get(`${name}.weight`);
  const bias = weights.numbers(`${name}.bias`);
  const [inputs = 1, outputs = 1] = weight.shape;
  const repeated = Float32Array.from({ length: 4 * outputs }, (_, index) => bias[index % outputs] ?? 0);
  return {
    inputs,
    outputs,
    weight: graph.constant([inputs, 4 * outputs], pixelsBeforeChannels(weight)),
    bias: graph.constant([4 * outputs], repeated),
  };
}

/** [in, out, 2, 2] → [in, (2, 2, out)]. */
function pixelsBeforeChannels({ shape, numbers }: Parameter): Float32Array {
  const [inputs = 1, outputs = 1] = shape;
  const result = new Float32Array(numbers.length);
  for (let input = 0; input < inputs; input++) {
    for (let output = 0; output < outputs; output++) {
      for (let pixel = 0; pixel < 4; pixel++) {
        const from = (input * outputs + output) * 4 + pixel;
        result[(input * 4 + pixel) * outputs + output] = numbers[from] ?? 0;
      }
    }
  }
  return result;
}

/**
 * Brings pixels from the order of their making into image order.
 *
 * @param pixels [B, planes, maskSize²], finest last
 * @returns [B, planes, maskSize, maskSize]
 */
export function planesInImageOrder({ graph, shape }: DecoderContext, pixels: Tensor, planes: number): Tensor {
  const { gridSize, maskSize } = shape;
  const axes = reshape(graph, pixels, [-1, gridSize, gridSize, 2, 2, 2, 2]);
  const ordered = transpose(graph, axes, [0, 1, 3, 5, 2, 4, 6]);
  return reshape(graph, ordered, [-1, planes, maskSize, maskSize]);
}

/** The same for pixels that are rows: [B, maskSize², width]. */
export function rowsInImageOrder({ graph, shape }: DecoderContext, rows: Tensor, width: number): Tensor {
  const { gridSize, maskSize } = shape;
  const axes = reshape(graph, rows, [-1, gridSize, gridSize, 2, 2, 2, 2, width]);
  const ordered = transpose(graph, axes, [0, 1, 3, 5, 2, 4, 6, 7]);
  return reshape(graph, ordered, [-1, maskSize * maskSize, width]);
}
