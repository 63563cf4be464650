import type { DecoderShape } from './decoder-shape.js';
import type { Tensor } from './graph-builder.js';

/** A tensor that the encoder's graph hands to the decoder's, under one name in both. */
export interface ImageTensor {
  readonly name: Tensor;
  readonly shape: readonly number[];
}

/** What the decoder needs of an image, computed once per image (see `authorImagePreparation`). */
export interface ImageTensors {
  /** The embedding, channels last: [positions, channels]. */
  readonly tokens: ImageTensor;
  /** Keys of the first layer's attention of tokens to image: [heads, width per head, positions]. */
  readonly keys: ImageTensor;
  /** Its values, without their bias: [heads, positions, width per head]. */
  readonly values: ImageTensor;
  /** Queries of the first layer's attention of image to tokens: [positions, attentionWidth]. */
  readonly queries: ImageTensor;
  /** HQ-SAM's fused features, [maskChannels, maskSize²]. */
  readonly hqFeatures: ImageTensor | null;
}

export function imageTensors(shape: DecoderShape): ImageTensors {
  const { positions, channels, heads, attentionWidth, maskChannels, maskSize } = shape;
  const width = attentionWidth / heads;
  return {
    tokens: { name: 'image_tokens', shape: [positions, channels] },
    keys: { name: 'image_keys', shape: [heads, width, positions] },
    values: { name: 'image_values', shape: [heads, positions, width] },
    queries: { name: 'image_queries', shape: [positions, attentionWidth] },
    hqFeatures: shape.hq ? { name: 'hq_features', shape: [maskChannels, maskSize * maskSize] } : null,
  };
}

/** The tensors that exist in this family, in a fixed order. */
export function listImageTensors(tensors: ImageTensors): readonly ImageTensor[] {
  const { tokens, keys, values, queries, hqFeatures } = tensors;
  return [tokens, keys, values, queries, ...(hqFeatures ? [hqFeatures] : [])];
}
