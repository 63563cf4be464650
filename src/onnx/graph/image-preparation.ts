import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { type DecoderContext, linearLayer, linearWeight } from './decoder-layers.js';
import { type DecoderFamily, decoderShape } from './decoder-shape.js';
import { DecoderWeights } from './decoder-weights.js';
import type { GraphBuilder, Tensor } from './graph-builder.js';
import { hqFeatures } from './hq-features.js';
import { imageTensors, listImageTensors } from './image-tensors.js';
import { add, matMul, nameOutput, reshape, transpose } from './ops.js';
import { densePositionEncoding } from './position-encoding.js';

/** What an image encoder gives. */
export interface EncoderOutput {
  /** float32 [1, channels, gridSize, gridSize] */
  readonly embedding: Tensor;
  /** float32 [1, gridSize, gridSize, width]: the first global-attention block's output, for HQ-SAM. */
  readonly intermediate: Tensor | null;
}

/**
 * Adds to an encoder's graph the part of the mask decoder that depends on the image alone, and declares its results as
 * outputs: the first layer's projections of the embedding (transformer.py) and HQ-SAM's fused features. The decoder of
 * `authorDecoder` has inputs of the same names.
 *
 * @returns the names of the outputs, in the decoder's order
 */
export async function authorImagePreparation(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  family: DecoderFamily,
  encoder: EncoderOutput,
): Promise<readonly Tensor[]> {
  const weights = await DecoderWeights.read(checkpoint);
  const context: DecoderContext = { graph, weights, shape: decoderShape(weights, family) };
  const { positions, channels, heads, attentionWidth } = context.shape;
  const outputs = imageTensors(context.shape);
  const toImage = 'mask_decoder.transformer.layers.0.cross_attn_token_to_image';
  const toTokens = 'mask_decoder.transformer.layers.0.cross_attn_image_to_token';
  const perHead = [positions, heads, attentionWidth / heads];

  const flat = reshape(graph, encoder.embedding, [channels, positions]);
  const tokens = nameOutput(graph, transpose(graph, flat, [1, 0]), outputs.tokens.name);
  const encoded = add(graph, tokens, densePositionEncoding(context));
  // The biases of keys (which cancel in the softmax) and values (which come last) are not in these.
  const keys = matMul(graph, encoded, linearWeight(context, `${toImage}.k_proj.weight`));
  nameOutput(graph, transpose(graph, reshape(graph, keys, perHead), [1, 2, 0]), outputs.keys.name);
  const values = matMul(graph, tokens, linearWeight(context, `${toImage}.v_proj.weight`));
  nameOutput(graph, transpose(graph, reshape(graph, values, perHead), [1, 0, 2]), outputs.values.name);
  nameOutput(graph, linearLayer(context, encoded, `${toTokens}.q_proj`), outputs.queries.name);
  if (outputs.hqFeatures) {
    nameOutput(graph, hqFeatures(context, tokens, encoder.intermediate), outputs.hqFeatures.name);
  }
  return listImageTensors(outputs).map(({ name, shape }) => {
    graph.output(name, 'float32', shape);
    return name;
  });
}
