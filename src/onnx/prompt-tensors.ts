import { Tensor } from 'onnxruntime-node';
import { RefinerError } from '../errors.js';
import type { FramePrompt, PointLabel } from '../refiner/engine.js';
import type { DecoderContract, PromptKind } from './model-contract.js';

/** Memory of the decoder's inputs for up to `prompts` prompts of `points` points; reused from run to run. */
export interface PromptBuffers {
  readonly prompts: number;
  readonly points: number;
  readonly coords: Float32Array;
  readonly labels: BigInt64Array | Float32Array;
  readonly masks: Float32Array;
  readonly hasMask: Float32Array;
}

export function promptBuffers(decoder: DecoderContract, prompts: number, points: number): PromptBuffers {
  const labels = prompts * points;
  return {
    prompts,
    points,
    coords: new Float32Array(prompts * points * 2),
    labels: decoder.pointLabelsType === 'int64' ? new BigInt64Array(labels) : new Float32Array(labels),
    masks: new Float32Array(prompts * decoder.maskSize ** 2),
    hasMask: new Float32Array(prompts),
  };
}

/**
 * Writes prompts, no more than the buffers hold and all with their number of points, into the decoder's input tensors,
 * which are views of the buffers. Throws PACK_MISMATCH for a kind of prompt that the model does not accept, INTERNAL
 * for one that breaks the contract of `FramePrompt`.
 */
export function promptTensors(
  given: readonly FramePrompt[],
  decoder: DecoderContract,
  buffers: PromptBuffers,
): Record<string, Tensor> {
  const { coords, labels, masks, hasMask, points } = buffers;
  const pixels = decoder.maskSize ** 2;
  for (const [index, prompt] of given.entries()) {
    requireForm(prompt, decoder, points);
    requireAccepted(prompt, decoder);
    coords.set(prompt.coords, index * points * 2);
    writeLabels(prompt.labels, labels, index * points);
    hasMask[index] = prompt.maskLogits === null ? 0 : 1;
    if (prompt.maskLogits === null) masks.fill(0, index * pixels, (index + 1) * pixels);
    else masks.set(prompt.maskLogits, index * pixels);
  }
  const count = given.length;
  const side = decoder.maskSize;
  return {
    [decoder.pointCoords]: new Tensor('float32', coords.subarray(0, count * points * 2), [count, points, 2]),
    [decoder.pointLabels]: labelTensor(labels, count, points),
    [decoder.maskInput]: new Tensor('float32', masks.subarray(0, count * pixels), [count, 1, side, side]),
    [decoder.hasMaskInput]: new Tensor('float32', hasMask.subarray(0, count), [count]),
  };
}

function writeLabels(given: readonly PointLabel[], labels: PromptBuffers['labels'], at: number): void {
  if (labels instanceof Float32Array) labels.set(given, at);
  else labels.set(given.map(BigInt), at);
}

function labelTensor(labels: PromptBuffers['labels'], count: number, points: number): Tensor {
  const dims = [count, points];
  return labels instanceof Float32Array
    ? new Tensor('float32', labels.subarray(0, count * points), dims)
    : new Tensor('int64', labels.subarray(0, count * points), dims);
}

function requireForm(prompt: FramePrompt, decoder: DecoderContract, points: number): void {
  const { coords, labels, maskLogits } = prompt;
  const slots = decoder.pointSlots ?? points;
  const pixels = decoder.maskSize ** 2;
  const fits =
    labels.length === slots &&
    slots === points &&
    coords.length === 2 * slots &&
    (maskLogits?.length ?? pixels) === pixels;
  if (fits) return;
  throw new RefinerError('INTERNAL', {
    where: 'a prompt for the decoder',
    expected: `${slots} points and ${pixels} mask logits or none`,
    received: `${labels.length} labels, ${coords.length} coordinates, ${maskLogits?.length ?? 0} logits`,
  });
}

function requireAccepted({ labels, maskLogits }: FramePrompt, { accepts }: DecoderContract): void {
  const used: readonly [PromptKind, boolean][] = [
    ['points', labels.some((label) => label === 0 || label === 1)],
    ['boxes', labels.some((label) => label === 2 || label === 3)],
    ['mask', maskLogits !== null],
  ];
  const refused = used.find(([kind, present]) => present && !accepts.includes(kind));
  if (refused === undefined) return;
  throw new RefinerError('PACK_MISMATCH', {
    where: 'the prompts',
    expected: `only ${accepts.join(', ')}, which is what this model accepts`,
    received: refused[0],
  });
}
