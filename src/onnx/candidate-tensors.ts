import { Tensor } from 'onnxruntime-node';
import type { Candidates } from '../refiner/engine.js';
import type { DecoderContract } from './model-contract.js';

/** Memory of the decoder's outputs for up to `prompts` prompts; the graph writes into it, nothing is copied. */
export interface CandidateBuffers {
  readonly prompts: number;
  readonly logits: Float32Array;
  readonly ious: Float32Array;
  readonly iouFeatures: Float32Array;
}

export function candidateBuffers(decoder: DecoderContract, prompts: number): CandidateBuffers {
  return {
    prompts,
    logits: new Float32Array(prompts * decoder.candidateCount * decoder.maskSize ** 2),
    ious: new Float32Array(prompts * decoder.candidateCount),
    iouFeatures: new Float32Array(prompts * decoder.iouFeatureCount),
  };
}

/** Output tensors for `count` prompts from prompt `start` on, as views of the buffers. */
export function candidateTensors(
  decoder: DecoderContract,
  { logits, ious, iouFeatures }: CandidateBuffers,
  start: number,
  count: number,
): Record<string, Tensor> {
  const { candidateCount, maskSize, iouFeatureCount } = decoder;
  const view = (values: Float32Array, dims: readonly number[]): Tensor => {
    const size = dims.reduce((product, side) => product * side, 1);
    return new Tensor('float32', values.subarray(start * size, (start + count) * size), [count, ...dims]);
  };
  return {
    [decoder.masks]: view(logits, [candidateCount, maskSize, maskSize]),
    [decoder.ious]: view(ious, [candidateCount]),
    [decoder.iouFeatures]: view(iouFeatures, [iouFeatureCount]),
  };
}

/** The candidates of prompt `index`, as views of the buffers. */
export function candidatesOf(decoder: DecoderContract, buffers: CandidateBuffers, index: number): Candidates {
  const { candidateCount: count, iouFeatureCount, maskSize } = decoder;
  const part = (values: Float32Array, size: number): Float32Array =>
    values.subarray(index * size, (index + 1) * size);
  return {
    logits: part(buffers.logits, count * maskSize ** 2),
    ious: part(buffers.ious, count),
    iouFeatures: part(buffers.iouFeatures, iouFeatureCount),
    count,
  };
}
