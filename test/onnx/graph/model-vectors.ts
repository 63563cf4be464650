import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { NamedTensors } from './decoder-vectors.js';

type StoredTensors = Readonly<Record<string, { readonly shape: readonly number[]; readonly offset: number }>>;

/** The tensors that golden/models/make_vectors.py wrote beside a model's weights. */
export async function readModelVectors(directory: string, model: string): Promise<NamedTensors> {
  const bytes = await readFile(join(directory, `${model}.bin`));
  const stored = JSON.parse(await readFile(join(directory, `${model}.json`), 'utf8')) as StoredTensors;
  return Object.fromEntries(
    Object.entries(stored).map(([name, { shape, offset }]) => {
      const size = shape.reduce((product, side) => product * side, 1);
      const copy = bytes.buffer.slice(bytes.byteOffset + offset, bytes.byteOffset + offset + 4 * size);
      return [name, new Tensor('float32', new Float32Array(copy), shape)];
    }),
  );
}

/** Opens a graph whose weights stay in a checkpoint, on one thread. */
export function openModel(
  model: Uint8Array,
  checkpoint: { readonly path: string },
): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    intraOpNumThreads: 1,
    // The planned block would come on top of the arena: 430 MB for ViT-B, without being faster.
    enableMemPattern: false,
    extra: {
      session: {
        intra_op: { allow_spinning: '0' },
        model_external_initializers_file_folder_path: dirname(checkpoint.path),
      },
    },
  });
}

/** An image as the encoder takes it. */
export function toPixels({ data, dims }: Tensor): Tensor {
  return new Tensor('uint8', Uint8Array.from(data as Float32Array), dims);
}
