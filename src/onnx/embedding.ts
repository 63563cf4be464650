import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { RefinerError } from '../errors.js';
import type { FeatureGrid } from '../refiner/engine.js';
import type { Frame } from '../refiner/types.js';
import { channelsFirst } from './channels-first.js';
import type { EncoderContract } from './model-contract.js';

/** An encoded image: all that the decoder needs of it. Plain memory of this process, freed like any other object. */
export interface Embedding {
  readonly frame: Frame;
  /** By name, float32, as the model's contract declares them. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Memory that the tensors take. */
  readonly bytes: number;
}

/** Collects the encoder's outputs. Throws PACK_MISMATCH for shapes that only running the graph has shown to be wrong. */
export function embeddingOf(
  outputs: InferenceSession.ReturnType,
  encoder: EncoderContract,
  frame: Frame,
): Embedding {
  const tensors: Record<string, Tensor> = {};
  let bytes = 0;
  for (const { tensor: name, shape, encoderName = name } of encoder.outputs) {
    const values = float32Of(outputs[encoderName], encoderName, shape);
    tensors[name] = new Tensor('float32', values, shape);
    bytes += values.byteLength;
  }
  return { frame, tensors, bytes };
}

/** The embedding tensor that the elastic box compares pixels by. */
export function featureGridOf(embedding: Embedding, { features, outputs }: EncoderContract): FeatureGrid {
  const { tensor: name, order, channels, height, width } = features;
  const shape = outputs.find(({ tensor }) => tensor === name)?.shape ?? [];
  const values = float32Of(embedding.tensors[name], name, shape);
  const data = order === 'channels-first' ? values : channelsFirst(values, channels);
  return { channels, height, width, data };
}

function float32Of(value: unknown, name: string, shape: readonly number[]): Float32Array {
  const fits =
    value instanceof Tensor &&
    value.dims.length === shape.length &&
    value.dims.every((side, i) => side === shape[i]);
  if (fits && value.data instanceof Float32Array) return value.data;
  throw new RefinerError('PACK_MISMATCH', {
    where: name,
    expected: `float32 [${shape.join(', ')}]`,
    received: value instanceof Tensor ? `${value.type} [${value.dims.join(', ')}]` : 'no tensor',
  });
}
