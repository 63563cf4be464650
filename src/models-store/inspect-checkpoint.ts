import { stat } from 'node:fs/promises';
import { RefinerError } from '../errors.js';
import { Checkpoint } from '../onnx/checkpoint/checkpoint.js';
import { authorModel } from '../onnx/graph/author-model.js';

export interface InspectedCheckpoint {
  /** As `Family.name`. */
  readonly family: string;
  /** Numbers that were learned. */
  readonly parameters: number;
}

/**
 * Finds out whether a file is a checkpoint that graphs can be written from and all of whose numbers are finite. Throws
 * the CHECKPOINT_* codes, saying what is wrong with it.
 */
export async function inspectCheckpoint(path: string, signal?: AbortSignal): Promise<InspectedCheckpoint> {
  await requireFile(path);
  const checkpoint = await Checkpoint.open(path);
  try {
    const { family } = await authorModel(checkpoint);
    await checkpoint.refuseNonFinite(signal);
    return { family: family.name, parameters: countParameters(checkpoint) };
  } finally {
    await checkpoint.close();
  }
}

/** How many floating-point numbers a checkpoint holds. */
export function countParameters({ tensors }: Pick<Checkpoint, 'tensors'>): number {
  return [...tensors.values()]
    .filter(({ type }) => type.includes('float'))
    .reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
}

async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile()) return;
  throw new RefinerError('CHECKPOINT_INVALID', {
    where: path,
    expected: 'a checkpoint file (.pth, .pt)',
    received: found ? 'a folder' : 'no such file',
  });
}
