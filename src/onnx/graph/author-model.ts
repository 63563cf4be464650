import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { type Precision, requireExact } from '../execution.js';
import type { Family } from '../families/family.js';
import { recogniseFamily } from '../families/recognise.js';
import { authorDecoder, type DecoderOptions } from './decoder.js';
import { GraphBuilder, type Tensor } from './graph-builder.js';
import { authorImageInput } from './image-input.js';
import { authorImagePreparation, type EncoderOutput } from './image-preparation.js';
import { authorTinyVitEncoder } from './tiny-vit-encoder.js';
import { authorVitEncoder } from './vit-encoder.js';

/** A checkpoint as two ONNX models. Sessions of them are told the checkpoint's folder, where most weights stay. */
export interface AuthoredModel {
  readonly family: Family;
  /** `image` uint8 [1, height, width, 3], resized so that its longer side is `family.imageSize` → `imageTensors`. */
  readonly encoder: Uint8Array;
  /** `imageTensors` and prompts → masks and their quality (see `authorDecoder`). */
  readonly decoder: Uint8Array;
  /** Outputs of the encoder that are inputs of the decoder, under the same names. */
  readonly imageTensors: readonly Tensor[];
}

export interface ModelOptions extends DecoderOptions {
  /** Side of the input, in pixels, that a TinyViT was made for; its weights do not show it. */
  readonly tinyImageSize?: number;
  /** Of a ViT's large matrices; no other encoder has another than `fp32`. */
  readonly precision?: Precision;
}

/**
 * Writes the models of a checkpoint of SAM, MobileSAM or HQ-SAM, in memory and without any file but the checkpoint.
 * Throws CHECKPOINT_UNSUPPORTED for other checkpoints, PRECISION_UNSUPPORTED.
 */
export async function authorModel(
  checkpoint: Checkpoint,
  options: ModelOptions = {},
): Promise<AuthoredModel> {
  const family = recogniseFamily(checkpoint, options.tinyImageSize);
  const encoder = new GraphBuilder();
  const image = authorImageInput(encoder, family.imageSize);
  const output = await authorEncoder(encoder, checkpoint, family, image, options.precision);
  const imageTensors = await authorImagePreparation(encoder, checkpoint, family, output);
  const decoder = new GraphBuilder();
  await authorDecoder(decoder, checkpoint, family, options);
  return {
    family,
    encoder: encoder.finish(`${family.name} encoder`),
    decoder: decoder.finish(`${family.name} decoder`),
    imageTensors,
  };
}

function authorEncoder(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  family: Family,
  image: Tensor,
  precision: Precision = 'fp32',
): Promise<EncoderOutput> {
  const { encoder } = family;
  if (encoder.kind === 'vit') {
    return authorVitEncoder(graph, checkpoint, { ...family, encoder }, image, { precision });
  }
  requireExact(precision, family.name);
  return authorTinyVitEncoder(graph, checkpoint, { ...family, encoder }, image);
}
