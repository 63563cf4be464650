import type { InferenceSession } from 'onnxruntime-node';
import type { Candidates, Decoder, FramePrompt } from '../refiner/engine.js';
import {
  type CandidateBuffers,
  candidateBuffers,
  candidatesOf,
  candidateTensors,
} from './candidate-tensors.js';
import { type Embedding, featureGridOf } from './embedding.js';
import type { ModelContract } from './model-contract.js';
import { type PromptBuffers, promptBuffers, promptTensors } from './prompt-tensors.js';

/**
 * The decoder of one encoded image. Prompts are decoded in runs of at most `promptsPerRun`, so that a prompt's
 * candidates are the same bytes whatever it is decoded together with; between runs other work gets its turn and the
 * signal is heard. One call at a time: the memory of a call's results is used again by the next.
 */
export function onnxDecoder(
  embedding: Embedding,
  session: InferenceSession,
  { decoder, encoder }: ModelContract,
): Decoder {
  let inputs: PromptBuffers | null = null;
  let outputs: CandidateBuffers | null = null;

  async function run(prompts: readonly FramePrompt[], start: number, into: CandidateBuffers): Promise<void> {
    const points = prompts[0]?.labels.length ?? 0;
    if (inputs?.points !== points) inputs = promptBuffers(decoder, decoder.promptsPerRun, points);
    await session.run(
      { ...embedding.tensors, ...promptTensors(prompts, decoder, inputs) },
      candidateTensors(decoder, into, start, prompts.length),
    );
  }

  async function decode(
    prompts: readonly FramePrompt[],
    signal?: AbortSignal,
  ): Promise<readonly Candidates[]> {
    if (outputs === null || outputs.prompts < prompts.length) {
      outputs = candidateBuffers(decoder, prompts.length);
    }
    const into = outputs;
    for (let start = 0; start < prompts.length; start += decoder.promptsPerRun) {
      signal?.throwIfAborted();
      await run(prompts.slice(start, start + decoder.promptsPerRun), start, into);
    }
    signal?.throwIfAborted();
    return prompts.map((_, index) => candidatesOf(decoder, into, index));
  }

  return {
    frame: embedding.frame,
    features: featureGridOf(embedding, encoder),
    selectable: decoder.selectable,
    pointSlots: decoder.pointSlots,
    maskAmplitude: decoder.maskAmplitude,
    decode,
  };
}
