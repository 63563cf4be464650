import type { RefinerError } from '../../../errors.js';
import type { PatchAction, StoredShape } from '../rest/annotations.js';
import { type JobState, type JobWatch, readJobState, reasonToLeave } from './job-watch.js';
import type { Change } from './recorded.js';
import { sameShape } from './same-shape.js';
import type { WriteMeans } from './task-means.js';
import { writeShapes } from './write-shapes.js';

export interface GuardedWrite {
  readonly run: number;
  readonly job: number;
  readonly action: PatchAction;
  readonly changes: readonly Change[];
}

/**
 * `touched`: somebody else works on the job; `state` is how it was found, and nothing was written any more.
 * `unanswered`: it is not known whether the last write was done.
 */
export type GuardedOutcome =
  | { readonly kind: 'written' }
  | { readonly kind: 'touched'; readonly state: JobState; readonly unwritten: readonly Change[] }
  | { readonly kind: 'unanswered'; readonly error: RefinerError };

/** Sizes in JSON, on the large side. */
const SHAPE_BYTES = 1000;
const NUMBER_BYTES = 8;

/**
 * Writes changes to a job, in pieces of a bounded size. Right before each piece the job is read again, and the rest is
 * given up when somebody else has worked on it. A piece that CVAT refuses is halved until the refused shape stands alone;
 * `onRefused` hears of it.
 */
export async function writeGuarded(
  write: GuardedWrite,
  watch: JobWatch,
  means: WriteMeans,
  onRefused: (change: Change, error: RefinerError) => void,
  signal: AbortSignal,
): Promise<GuardedOutcome> {
  const { client, pace } = means;
  const pieces = piecesOf(write, pace.maxWriteBytes);
  for (let changes = pieces.shift(); changes !== undefined; changes = pieces.shift()) {
    const state = await readJobState(client, write.job, signal);
    if (reasonToLeave(state.job) !== null || (await watch.isTouched(state))) {
      return { kind: 'touched', state, unwritten: [changes, ...pieces].flat() };
    }
    const highestId = state.annotations.shapes.reduce((most, { id }) => Math.max(most, id), 0);
    const written = await writeShapes({ ...write, changes, highestId }, means, signal);
    if (written.kind === 'unknown') return { kind: 'unanswered', error: written.error };
    if (written.kind === 'written') {
      const gone = write.action === 'create' ? [] : changes.map(({ old }) => old.id);
      watch.wrote(gone, written.shapes, await client.job(write.job, signal));
      continue;
    }
    const [only] = changes;
    if (changes.length === 1 && only) onRefused(only, written.error);
    else pieces.unshift(...halves(changes));
  }
  return { kind: 'written' };
}

/** Why a shape of a job in which others work was left alone. */
export function reasonLeft(shape: StoredShape, { shapes }: JobState): 'job-in-work' | 'changed-meanwhile' {
  const there = shapes.get(shape.id);
  return there && sameShape(shape, there) ? 'job-in-work' : 'changed-meanwhile';
}

function piecesOf({ changes }: GuardedWrite, maxBytes: number): (readonly Change[])[] {
  const pieces: Change[][] = [];
  let bytes = Infinity;
  for (const change of changes) {
    const size = SHAPE_BYTES + NUMBER_BYTES * (change.now ?? change.old).points.length;
    if (bytes + size > maxBytes) {
      pieces.push([]);
      bytes = 0;
    }
    pieces.at(-1)?.push(change);
    bytes += size;
  }
  return pieces;
}

function halves(changes: readonly Change[]): readonly (readonly Change[])[] {
  const middle = Math.ceil(changes.length / 2);
  return [changes.slice(0, middle), changes.slice(middle)];
}
