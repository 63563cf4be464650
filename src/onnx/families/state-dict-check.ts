import { RefinerError } from '../../errors.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';

/** A checkpoint's index: all that recognition looks at. */
export type CheckpointIndex = Pick<Checkpoint, 'path' | 'tensors'>;

/** What a tensor's shape shows, `axis` by `axis`. Throws CHECKPOINT_UNSUPPORTED without the tensor or the axis. */
export function sizeIn(checkpoint: CheckpointIndex, name: string, axis: number): number {
  const shape = checkpoint.tensors.get(name)?.shape;
  const size = shape?.[axis];
  if (size === undefined || size < 1) {
    throw unsupported(name, `a tensor with an axis ${axis}`, shape ? `shape [${shape.join(', ')}]` : 'none');
  }
  return size;
}

/** Throws CHECKPOINT_UNSUPPORTED for the first tensor that is missing or has another shape. */
export function checkShapes(
  checkpoint: CheckpointIndex,
  expected: ReadonlyMap<string, readonly number[]>,
): void {
  for (const [name, shape] of expected) {
    const found = checkpoint.tensors.get(name)?.shape;
    if (found?.join() !== shape.join()) {
      throw unsupported(
        name,
        `shape [${shape.join(', ')}]`,
        found ? `shape [${found.join(', ')}]` : 'no such tensor',
      );
    }
  }
}

/** The number of layers named `<prefix>0.…`, `<prefix>1.…` and so on without a gap. */
export function countLayers(checkpoint: CheckpointIndex, prefix: string): number {
  const indices = new Set<string>();
  for (const name of checkpoint.tensors.keys()) {
    if (name.startsWith(prefix)) indices.add(name.slice(prefix.length).split('.', 1)[0] ?? '');
  }
  let count = 0;
  while (indices.has(String(count))) count++;
  return count;
}

export function unsupported(where: string, expected: string, received: string): RefinerError {
  return new RefinerError('CHECKPOINT_UNSUPPORTED', { where, expected, received });
}
