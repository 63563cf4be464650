import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Checkpoint } from '../../../src/onnx/checkpoint/checkpoint.js';
import { authorDecoder, type DecoderOptions } from '../../../src/onnx/graph/decoder.js';
import { GraphBuilder } from '../../../src/onnx/graph/graph-builder.js';
import { authorImagePreparation } from '../../../src/onnx/graph/image-preparation.js';

/** What golden/decoder/make_vectors.py wrote: tensors by name. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

export interface DecoderCase {
  readonly name: string;
  readonly hq: boolean;
  readonly tensors: NamedTensors;
}

export interface DecoderVectors {
  readonly imageSize: number;
  readonly gridSize: number;
  readonly image: NamedTensors;
  readonly cases: readonly DecoderCase[];
}

interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

interface StoredVectors {
  readonly imageSize: number;
  readonly gridSize: number;
  readonly image: readonly StoredTensor[];
  readonly cases: readonly { name: string; hq: boolean; tensors: readonly StoredTensor[] }[];
}

export async function readDecoderVectors(directory: string): Promise<DecoderVectors> {
  const bytes = await readFile(join(directory, 'vectors.bin'));
  const stored = JSON.parse(await readFile(join(directory, 'vectors.json'), 'utf8')) as StoredVectors;
  const read = (tensors: readonly StoredTensor[]): NamedTensors =>
    Object.fromEntries(
      tensors.map(({ name, shape, offset }) => {
        const size = shape.reduce((product, side) => product * side, 1);
        const copy = bytes.buffer.slice(bytes.byteOffset + offset, bytes.byteOffset + offset + 4 * size);
        return [name, new Tensor('float32', new Float32Array(copy), shape)];
      }),
    );
  return {
    ...stored,
    image: read(stored.image),
    cases: stored.cases.map((one) => ({ ...one, tensors: read(one.tensors) })),
  };
}

export type Decode = (prompts: NamedTensors) => Promise<NamedTensors>;

/** Opens the decoder of a checkpoint on one image, given by its embedding. */
export async function openDecoder(
  checkpoint: Checkpoint,
  vectors: DecoderVectors,
  hq: boolean,
  options: DecoderOptions = {},
): Promise<{ decode: Decode; session: InferenceSession }> {
  const family = { imageSize: vectors.imageSize, gridSize: vectors.gridSize, hq };
  const preparation = new GraphBuilder();
  const encoder: NamedTensors = hq ? vectors.image : { embedding: tensorOf(vectors.image, 'embedding') };
  for (const [name, { dims }] of Object.entries(encoder)) preparation.input(name, 'float32', dims);
  await authorImagePreparation(preparation, checkpoint, family, {
    embedding: 'embedding',
    intermediate: hq ? 'intermediate' : null,
  });
  const imageSession = await open(preparation.finish('preparation'));
  const image = await imageSession.run(encoder);
  await imageSession.release();
  const decoder = new GraphBuilder();
  await authorDecoder(decoder, checkpoint, family, options);
  const session = await open(decoder.finish('decoder'));
  return { session, decode: (prompts) => session.run({ ...image, ...prompts }) };
}

function open(model: Uint8Array): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    intraOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
}

/** The decoder's inputs of a case, or of some of its prompts. */
export function promptsOf({ tensors }: DecoderCase, from = 0, to = Infinity): NamedTensors {
  const names = ['point_coords', 'point_labels', 'mask_input', 'has_mask_input'];
  return Object.fromEntries(names.map((name) => [name, rowsOf(tensorOf(tensors, name), from, to)]));
}

export function tensorOf(tensors: NamedTensors, name: string): Tensor {
  const tensor = tensors[name];
  if (!tensor) throw new Error(`there is no tensor ${name}`);
  return tensor;
}

export function rowsOf(tensor: Tensor, from: number, to: number): Tensor {
  const [rows = 1, ...rest] = tensor.dims;
  const row = rest.reduce((product, side) => product * side, 1);
  const part = numbersOf(tensor).slice(from * row, to * row);
  return new Tensor('float32', part, [Math.min(to, rows) - from, ...rest]);
}

export function numbersOf(tensor: Tensor): Float32Array {
  if (!(tensor.data instanceof Float32Array)) throw new Error(`not float32 but ${tensor.type}`);
  return tensor.data;
}

/**
 * The masks that the decoder should answer. The recorded ones are SAM's four candidates and, for HQ-SAM, its token's
 * mask as the fifth.
 */
export function expectedMasks({ tensors, hq }: DecoderCase, hqTokenOnly = false): Tensor {
  const recorded = tensorOf(tensors, 'masks');
  if (!hq) return recorded;
  const [rows = 1, planes = 1, height = 1, width = 1] = recorded.dims;
  const [source, candidates, plane] = [numbersOf(recorded), planes - 1, height * width];
  const masks = new Float32Array(rows * candidates * plane);
  for (let index = 0; index < masks.length; index++) {
    const row = Math.floor(index / (candidates * plane));
    const own = source[index + row * plane] ?? NaN;
    const token = source[(row * planes + candidates) * plane + (index % plane)] ?? NaN;
    masks[index] = hqTokenOnly ? token : own + token;
  }
  return new Tensor('float32', masks, [rows, candidates, height, width]);
}

/** The largest difference, in units of the largest expected number. NaN where shapes differ. */
export function relativeError(actual: Tensor, expected: Tensor): number {
  if (actual.dims.join() !== expected.dims.join()) return NaN;
  const [a, b] = [numbersOf(actual), numbersOf(expected)];
  let difference = 0;
  let scale = 0;
  for (let index = 0; index < b.length; index++) {
    const value = b[index] ?? NaN;
    const off = Math.abs((a[index] ?? NaN) - value);
    if (!(off <= difference)) difference = off;
    scale = Math.max(scale, Math.abs(value));
  }
  return difference / scale;
}
