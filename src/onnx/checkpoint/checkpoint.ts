import { open, type FileHandle } from 'node:fs/promises';
import { RefinerError } from '../../errors.js';
import { toFloat32 } from './float-types.js';
import { readExactly } from './read-exactly.js';
import { readStateDict } from './state-dict.js';
import { ELEMENT_BYTES, type TensorRef } from './tensor-ref.js';
import { readZipDirectory } from './zip-directory.js';

const MAX_PICKLE_BYTES = 64 * 1024 * 1024;

/** Elements checked or converted at once, so that a big tensor needs no second copy in memory. */
const CHUNK_BYTES = 16 * 1024 * 1024;

/**
 * An open PyTorch checkpoint. The tensors stay in the file until asked for; `tensors` says where they lie, which lets
 * an ONNX graph refer to them in place.
 */
export class Checkpoint {
  private constructor(
    readonly path: string,
    readonly tensors: ReadonlyMap<string, TensorRef>,
    private readonly file: FileHandle,
  ) {}

  /**
   * Opens a state dict saved by `torch.save` (PyTorch 1.6 or newer) and reads its index, not its numbers. Nothing in the
   * file is executed. Throws CHECKPOINT_INVALID or CHECKPOINT_UNSUPPORTED, saying what was expected.
   */
  static async open(path: string): Promise<Checkpoint> {
    const file = await open(path, 'r');
    try {
      return new Checkpoint(path, await readTensors(file), file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The tensor of that name. Throws CHECKPOINT_UNSUPPORTED when there is none. */
  tensor(name: string): TensorRef {
    const tensor = this.tensors.get(name);
    if (!tensor) {
      throw new RefinerError('CHECKPOINT_UNSUPPORTED', {
        where: this.path,
        expected: `the tensor ${name}`,
        received: 'none',
      });
    }
    return tensor;
  }

  /** A tensor's numbers, or `count` of them from `start` on, as float32 (from float32, float16, bfloat16 or float64). */
  async readFloat32(
    name: string,
    part?: { readonly start: number; readonly count: number },
  ): Promise<Float32Array> {
    const tensor = this.tensor(name);
    const size = ELEMENT_BYTES[tensor.type];
    const [offset, bytes] = part ? [part.start * size, part.count * size] : [0, tensor.bytes];
    return toFloat32(await readExactly(this.file, tensor.offset + offset, bytes, name), tensor);
  }

  /** Reads every floating tensor once and refuses NaN and infinity. Throws CHECKPOINT_INVALID with the tensor's name. */
  async refuseNonFinite(signal?: AbortSignal): Promise<void> {
    for (const tensor of this.tensors.values()) {
      if (!tensor.type.includes('float')) continue;
      for (let done = 0; done < tensor.bytes; done += CHUNK_BYTES) {
        signal?.throwIfAborted();
        const bytes = Math.min(CHUNK_BYTES, tensor.bytes - done);
        const numbers = toFloat32(
          await readExactly(this.file, tensor.offset + done, bytes, tensor.name),
          tensor,
        );
        const bad = numbers.findIndex((value) => !Number.isFinite(value));
        if (bad >= 0) {
          throw new RefinerError('CHECKPOINT_INVALID', {
            where: tensor.name,
            expected: 'finite numbers',
            received: String(numbers[bad]),
          });
        }
      }
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

async function readTensors(file: FileHandle): Promise<Map<string, TensorRef>> {
  const { size } = await file.stat();
  const entries = await readZipDirectory(file, size);
  const pickle = [...entries.values()].find((entry) => /^[^/]+\/data\.pkl$/.test(entry.name));
  if (!pickle || pickle.bytes > MAX_PICKLE_BYTES) {
    throw new RefinerError('CHECKPOINT_UNSUPPORTED', {
      expected: `an archive of torch.save with a data.pkl of at most ${MAX_PICKLE_BYTES} bytes`,
      received: pickle ? `${pickle.bytes} bytes` : 'a zip file without data.pkl',
    });
  }
  const prefix = pickle.name.slice(0, -'data.pkl'.length);
  const byteOrder = entries.get(`${prefix}byteorder`);
  if (
    byteOrder &&
    (await readExactly(file, byteOrder.offset, Math.min(byteOrder.bytes, 16), 'byteorder')).toString() !==
      'little'
  ) {
    throw new RefinerError('CHECKPOINT_UNSUPPORTED', {
      expected: 'little-endian numbers',
      received: 'another byte order',
    });
  }
  return readStateDict(await readExactly(file, pickle.offset, pickle.bytes, pickle.name), entries, prefix);
}
