import type { DeclaredGraph, DeclaredTensor } from './graph.js';
import type { ModelContract } from './model-contract.js';

type Shape = DeclaredTensor['shape'];

/** The encoder as a model's contract declares it. */
export function declaredEncoder({ input, encoder }: ModelContract): DeclaredGraph {
  return {
    inputs: [imageTensor(input)],
    outputs: encoder.outputs.map(({ encoderName, tensor, shape }) => float32(encoderName ?? tensor, shape)),
  };
}

function imageTensor({ tensor, size, layout }: ModelContract['input']): DeclaredTensor {
  if (layout === 'nhwc-uint8') return { tensor, type: 'uint8', shape: [1, null, null, 3] };
  return float32(tensor, layout === 'hwc-float32' ? [null, null, 3] : [1, 3, size, size]);
}

/** The decoder as a model's contract declares it. Where it decodes one prompt a run, the graph may fix that side to 1. */
export function declaredDecoder({ encoder, decoder }: ModelContract): DeclaredGraph {
  const { candidateCount, iouFeatureCount, maskSize } = decoder;
  const prompts = decoder.promptsPerRun === 1 ? 1 : null;
  const points = decoder.pointSlots;
  return {
    inputs: [
      ...embeddingTensors(encoder),
      float32(decoder.pointCoords, [prompts, points, 2]),
      { tensor: decoder.pointLabels, type: decoder.pointLabelsType, shape: [prompts, points] },
      float32(decoder.maskInput, [prompts, 1, maskSize, maskSize]),
      float32(decoder.hasMaskInput, [prompts]),
    ],
    outputs: [
      float32(decoder.masks, [prompts, candidateCount, maskSize, maskSize]),
      float32(decoder.ious, [prompts, candidateCount]),
      float32(decoder.iouFeatures, [prompts, iouFeatureCount]),
    ],
  };
}

function embeddingTensors({ outputs }: ModelContract['encoder']): readonly DeclaredTensor[] {
  return outputs.map(({ tensor, shape }) => float32(tensor, shape));
}

function float32(tensor: string, shape: Shape): DeclaredTensor {
  return { tensor, type: 'float32', shape };
}
