import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Annotations, StoredShape } from '../rest/annotations.js';
import type { CvatClient } from '../rest/client.js';
import type { CvatJob } from '../rest/resources.js';
import { sameShape } from './same-shape.js';

/** A job with its annotations, which may be newer than what is said of the job, never older. */
export interface JobState {
  readonly job: CvatJob;
  readonly annotations: Annotations;
  readonly shapes: ReadonlyMap<number, StoredShape>;
}

const COMPARED_AT_ONCE = 500;

export async function readJobState(client: CvatClient, id: number, signal: AbortSignal): Promise<JobState> {
  const job = await client.job(id, signal);
  const annotations = await client.annotations(id, signal);
  return { job, annotations, shapes: new Map(annotations.shapes.map((shape) => [shape.id, shape])) };
}

/**
 * Why a job is not to be written to, or null. Somebody may have one open that is neither new nor completed, and his next
 * save would bring replaced shapes back (protocol note, section 6); ground truth is not ours to change.
 */
export function reasonToLeave({ type, dimension, state }: CvatJob): string | null {
  if ((type ?? 'annotation') !== 'annotation') return type ?? '';
  if ((dimension ?? '2d') !== '2d') return `${dimension}`;
  return state === 'new' || state === 'completed' ? null : state;
}

/** What a job is expected to be: as it was read, with our own writes since. */
export class JobWatch {
  readonly #shapes: Map<number, StoredShape>;
  readonly #others: string;
  #updatedDate: string | undefined;

  constructor({ job, annotations, shapes }: JobState) {
    this.#shapes = new Map(shapes);
    this.#others = idsOf(annotations);
    this.#updatedDate = job.updated_date;
  }

  /** Whether somebody else has worked on the job; any change that CVAT stores gives new ids and a new date. */
  async isTouched({ job, annotations }: JobState): Promise<boolean> {
    if (job.updated_date !== this.#updatedDate || idsOf(annotations) !== this.#others) return true;
    if (annotations.shapes.length !== this.#shapes.size) return true;
    for (const [index, shape] of annotations.shapes.entries()) {
      if (index % COMPARED_AT_ONCE === COMPARED_AT_ONCE - 1) await nextTurn();
      if (!this.#isAsExpected(shape)) return true;
    }
    return false;
  }

  /** Takes our own write into account; `job` as it is told afterwards. */
  wrote(gone: readonly number[], made: readonly StoredShape[], job: CvatJob): void {
    for (const id of gone) this.#shapes.delete(id);
    for (const shape of made) this.#shapes.set(shape.id, shape);
    this.#updatedDate = job.updated_date;
  }

  #isAsExpected(shape: StoredShape): boolean {
    const expected = this.#shapes.get(shape.id);
    return expected !== undefined && sameShape(expected, shape);
  }
}

/** Tags and tracks by their ids, which change with every change. */
function idsOf({ tags, tracks }: Annotations): string {
  return JSON.stringify([tags, tracks].map((all) => all.map(idOf).sort()));
}

function idOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : '';
}
