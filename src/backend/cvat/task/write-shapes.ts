import { type ErrorCode, RefinerError } from '../../../errors.js';
import type { PatchAction, ShapeData, StoredShape } from '../rest/annotations.js';
import type { Change, NewWrite } from './recorded.js';
import type { WriteMeans } from './task-means.js';

/** `unknown`: there was no answer, `settleUnanswered` finds out. */
export type Written =
  | { readonly kind: 'written'; readonly shapes: readonly StoredShape[] }
  | { readonly kind: 'refused'; readonly error: RefinerError }
  | { readonly kind: 'unknown'; readonly error: RefinerError };

/** After these it is certain that nothing was written. */
const NOT_WRITTEN: readonly ErrorCode[] = ['CVAT_REFUSED', 'CVAT_UNAUTHORIZED', 'CVAT_NOT_FOUND'];

/**
 * Sends a write, noted before it is sent. Throws the signal's reason; the write then is unanswered. The ids of what was
 * made come from the answer, which has the order of the changes.
 */
export async function writeShapes(
  write: Omit<NewWrite, 'sentMs'>,
  { client, record, pace }: WriteMeans,
  signal: AbortSignal,
): Promise<Written> {
  const { job, action, changes } = write;
  const sent = record.send({ ...write, sentMs: pace.nowMs() });
  const body = changes.map((change) => sentShape(change, action));
  try {
    const shapes = await client.patchShapes(job, action, body, signal);
    if (action !== 'delete' && shapes.length !== changes.length) {
      const [expected, received] = [`${changes.length} shapes`, `${shapes.length}`];
      throw new RefinerError('CVAT_ANSWER_INVALID', { where: `job ${job}`, expected, received });
    }
    const newIds = changes.map((_, index) => (action === 'delete' ? null : (shapes[index]?.id ?? null)));
    record.arrived(sent, newIds);
    return { kind: 'written', shapes: action === 'delete' ? [] : shapes };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RefinerError)) throw error;
    if (!NOT_WRITTEN.includes(error.code)) return { kind: 'unknown', error };
    record.missed(sent);
    if (error.code === 'CVAT_REFUSED') return { kind: 'refused', error };
    throw error;
  }
}

/** `delete` wants whole shapes, `update` the id of the one that goes, `create` none. */
export function sentShape({ old, now }: Change, action: PatchAction): ShapeData {
  if (action === 'delete' || now === null) return old;
  return action === 'update' ? { ...now, ...{ id: old.id } } : now;
}

export function withoutId(shape: StoredShape): ShapeData {
  return Object.fromEntries(Object.entries(shape).filter(([name]) => name !== 'id')) as unknown as ShapeData;
}
