import { countNumbered } from './decoder-shape.js';
import { type DecoderContext, linearLayer } from './decoder-layers.js';
import type { Tensor } from './graph-builder.js';
import { linear, nameOutput, relu, reshape, slice, transpose } from './ops.js';
import { transposed } from './weights.js';

/** The IoU head (mask_decoder.py, iou_prediction_head) as outputs `iou_predictions` and `iou_features` of the graph. */
export function authorIouHead(context: DecoderContext, tokens: Tensor): void {
  const { graph, weights, shape } = context;
  const layers = 'mask_decoder.iou_prediction_head.layers';
  const last = countNumbered(weights, layers, 'weight') - 1;
  let features = reshape(graph, slice(graph, tokens, 1, 0, 1), [-1, shape.channels]);
  for (let index = 0; index < last; index++) {
    features = relu(graph, linearLayer(context, features, `${layers}.${index}`));
  }
  const named = nameOutput(graph, features, 'iou_features');
  nameOutput(graph, linearLayer(context, named, `${layers}.${last}`), 'iou_predictions');
  graph.output('iou_features', 'float32', ['B', shape.iouFeatures]);
  graph.output('iou_predictions', 'float32', ['B', shape.candidates]);
}

/**
 * The hypernetworks, which make of each mask token the weights of its mask's channels; all of the same layers, so that
 * they run as one batched product.
 *
 * @param tokens [B, T, channels], the IoU token first and the mask tokens next
 * @param networks names of the MLPs, in the order of their tokens
 * @returns [B, networks, maskChannels]
 */
export function hypernetworks(context: DecoderContext, tokens: Tensor, networks: readonly string[]): Tensor {
  const { graph, weights } = context;
  const depth = countNumbered(weights, `${networks[0] ?? ''}.layers`, 'weight');
  let x = transpose(graph, slice(graph, tokens, 1, 1, 1 + networks.length), [1, 0, 2]);
  for (let layer = 0; layer < depth; layer++) {
    x = stackedLinear(
      context,
      x,
      networks.map((network) => `${network}.layers.${layer}`),
    );
    if (layer < depth - 1) x = relu(graph, x);
  }
  return transpose(graph, x, [1, 0, 2]);
}

/** One linear layer of each network: x [networks, B, in] → [networks, B, out]. */
function stackedLinear(context: DecoderContext, x: Tensor, layers: readonly string[]): Tensor {
  const { graph, weights } = context;
  const [outputs = 1, inputs = 1] = weights.get(`${layers[0] ?? ''}.weight`).shape;
  const weight = new Float32Array(layers.length * inputs * outputs);
  const bias = new Float32Array(layers.length * outputs);
  layers.forEach((layer, index) => {
    const numbers = weights.numbers(`${layer}.weight`);
    weight.set(transposed(numbers, outputs, inputs), index * inputs * outputs);
    bias.set(weights.numbers(`${layer}.bias`), index * outputs);
  });
  return linear(
    graph,
    x,
    graph.constant([layers.length, inputs, outputs], weight),
    graph.constant([layers.length, 1, outputs], bias),
  );
}
