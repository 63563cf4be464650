import { RefinerError } from '../../errors.js';
import { type PickleBuilder, readPickle } from './pickle.js';
import { PickleGlobal, PickleObject, type PickleValue } from './pickle-value.js';
import { ELEMENT_BYTES, type TensorRef, type TensorType } from './tensor-ref.js';
import type { ZipEntry } from './zip-directory.js';

const STORAGE_TYPES: Readonly<Record<string, TensorType>> = {
  'torch.FloatStorage': 'float32',
  'torch.HalfStorage': 'float16',
  'torch.BFloat16Storage': 'bfloat16',
  'torch.DoubleStorage': 'float64',
  'torch.LongStorage': 'int64',
  'torch.IntStorage': 'int32',
  'torch.ShortStorage': 'int16',
  'torch.CharStorage': 'int8',
  'torch.ByteStorage': 'uint8',
  'torch.BoolStorage': 'bool',
};

/** Keys under which training scripts wrap the weights. */
const WRAPPERS = ['model', 'state_dict'];
/** What PyTorch's DataParallel puts before every name. */
const PARALLEL_PREFIX = 'module.';
const MAX_RANK = 8;
const MAX_ELEMENTS = 2 ** 40;

interface Storage {
  readonly type: TensorType;
  readonly offset: number;
  readonly elements: number;
}

/** A tensor before its name is known. */
type Unnamed = Omit<TensorRef, 'name'>;

/**
 * The tensors of a pickled state dict, by name. `storages` are the zip entries of the archive, `prefix` its top folder.
 * Throws CHECKPOINT_UNSUPPORTED for anything that is no plain state dict, CHECKPOINT_INVALID for what contradicts itself.
 */
export function readStateDict(
  pickle: Buffer,
  storages: ReadonlyMap<string, ZipEntry>,
  prefix: string,
): Map<string, TensorRef> {
  const root = unwrap(readPickle(pickle, builder(storages, prefix)));
  const tensors = new Map<string, TensorRef>();
  for (const [name, value] of root) {
    if (typeof name !== 'string' || !(value instanceof PickleObject)) continue;
    if (isTensor(value.value)) tensors.set(name, { name, ...value.value });
  }
  if (tensors.size === 0) throw unsupported('data.pkl', 'a dict of named tensors', 'none');
  return withoutParallelPrefix(tensors);
}

function withoutParallelPrefix(tensors: Map<string, TensorRef>): Map<string, TensorRef> {
  const refs = [...tensors.values()];
  if (!refs.every(({ name }) => name.startsWith(PARALLEL_PREFIX))) return tensors;
  return new Map(
    refs.map((ref) => {
      const name = ref.name.slice(PARALLEL_PREFIX.length);
      return [name, { ...ref, name }];
    }),
  );
}

function unwrap(root: PickleValue): Map<PickleValue, PickleValue> {
  if (!(root instanceof Map)) throw unsupported('data.pkl', 'a dict of named tensors', 'something else');
  for (const key of WRAPPERS) {
    const inner = root.get(key);
    if (inner instanceof Map) return inner;
  }
  return root;
}

function builder(storages: ReadonlyMap<string, ZipEntry>, prefix: string): PickleBuilder {
  return {
    persistent: (id) => new PickleObject(storageOf(id, storages, prefix)),
    call: (callee, args) => {
      switch (callee.name) {
        case 'collections.OrderedDict':
          return orderedDict(args);
        case 'torch._utils._rebuild_tensor_v2':
          return new PickleObject(rebuildTensor(args));
        case 'torch._utils._rebuild_parameter':
          return args[0] ?? null;
        default:
          throw unsupported('data.pkl', 'only tensors and dicts', `a call of ${callee.name.slice(0, 120)}`);
      }
    },
  };
}

function orderedDict(args: readonly PickleValue[]): Map<PickleValue, PickleValue> {
  const pairs = args[0] ?? [];
  if (!Array.isArray(pairs)) throw invalid('OrderedDict', 'a list of pairs', 'something else');
  return new Map(
    pairs.map((pair): [PickleValue, PickleValue] => {
      if (!Array.isArray(pair) || pair.length !== 2) throw invalid('OrderedDict', 'pairs', 'something else');
      return [pair[0] ?? null, pair[1] ?? null];
    }),
  );
}

/** `('storage', torch.FloatStorage, '17', 'cpu', 4096)` */
function storageOf(id: PickleValue, storages: ReadonlyMap<string, ZipEntry>, prefix: string): Storage {
  const [kind, global, key, , elements] = Array.isArray(id) ? id : [];
  if (kind !== 'storage' || !(global instanceof PickleGlobal) || typeof key !== 'string') {
    throw invalid('data.pkl', 'the id of a storage', 'another persistent id');
  }
  const type = STORAGE_TYPES[global.name];
  if (!type) throw unsupported('data.pkl', 'storages of numbers', global.name.slice(0, 120));
  if (typeof elements !== 'number' || !Number.isSafeInteger(elements) || elements < 0) {
    throw invalid(`storage ${key}`, 'a number of elements', typeof elements);
  }
  const entry = storages.get(`${prefix}data/${key}`);
  if (!entry) throw invalid(`storage ${key.slice(0, 80)}`, `the entry ${prefix}data/…`, 'none');
  if (elements * ELEMENT_BYTES[type] > entry.bytes) {
    throw invalid(entry.name, `${elements * ELEMENT_BYTES[type]} bytes`, `${entry.bytes}`);
  }
  return { type, offset: entry.offset, elements };
}

/** `(storage, element offset, shape, strides, requires_grad, hooks)` */
function rebuildTensor(args: readonly PickleValue[]): Unnamed {
  const [holder, start, shape, strides] = args;
  const storage = holder instanceof PickleObject ? holder.value : null;
  if (!isStorage(storage) || !isSize(start) || !isSizes(shape) || !isSizes(strides)) {
    throw invalid('a tensor', 'storage, offset, shape and strides', 'something else');
  }
  if (shape.length > MAX_RANK || shape.length !== strides.length) {
    throw invalid(
      'a tensor',
      `up to ${MAX_RANK} dimensions with a stride each`,
      `shape [${shape.join(', ')}]`,
    );
  }
  const elements = shape.reduce((product, side) => product * side, 1);
  if (elements > MAX_ELEMENTS || start + elements > storage.elements) {
    throw invalid(
      'a tensor',
      `at most ${storage.elements} elements`,
      `shape [${shape.join(', ')}] at ${start}`,
    );
  }
  if (elements > 0 && !isContiguous(shape, strides)) {
    throw unsupported(
      'a tensor',
      'row-major strides',
      `strides [${strides.join(', ')}] of [${shape.join(', ')}]`,
    );
  }
  const size = ELEMENT_BYTES[storage.type];
  return { type: storage.type, shape, offset: storage.offset + start * size, bytes: elements * size };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const side = shape[axis] ?? 1;
    if (side !== 1 && strides[axis] !== expected) return false;
    expected *= side;
  }
  return true;
}

function isSize(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isSizes(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}

function isStorage(value: unknown): value is Storage {
  return typeof value === 'object' && value !== null && 'elements' in value;
}

function isTensor(value: unknown): value is Unnamed {
  return typeof value === 'object' && value !== null && 'shape' in value;
}

function invalid(where: string, expected: string, received: string): RefinerError {
  return new RefinerError('CHECKPOINT_INVALID', { where, expected, received });
}

function unsupported(where: string, expected: string, received: string): RefinerError {
  return new RefinerError('CHECKPOINT_UNSUPPORTED', { where, expected, received });
}
