import { RefinerError } from '../../../errors.js';
import type { Size } from '../../../refiner/types.js';
import type { StoredShape } from '../rest/annotations.js';
import type { CvatJob, CvatLabel, DataMeta } from '../rest/resources.js';
import { FrameBatch } from './frame-batch.js';
import { inOrder } from './in-order.js';
import { type JobState, JobWatch, readJobState, reasonToLeave } from './job-watch.js';
import { planJob, unusedGroup } from './plan-job.js';
import type { Run } from './recorded.js';
import { refineFrame } from './refine-frame.js';
import { settleUnanswered } from './settle-unanswered.js';
import type { TaskMeans } from './task-means.js';
import type { JobReport } from './task-report.js';
import type { TaskWish } from './task-wish.js';
import { reasonLeft } from './write-guarded.js';

export interface JobContext {
  readonly wish: TaskWish;
  readonly run: Run;
  readonly labels: ReadonlyMap<number, CvatLabel>;
  readonly means: TaskMeans;
  /** Hears how many frames of the job are done with. */
  readonly onFrames: (done: number) => Promise<void>;
}

/** Starts over after writes that were not answered. */
const MAX_ATTEMPTS = 3;

/** Refines one job as far as this run has not done it yet. Throws as `refineTask`. */
export async function refineJob(job: CvatJob, context: JobContext, signal: AbortSignal): Promise<JobReport> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptJob(job, context, signal);
    if (!(outcome instanceof RefinerError)) return outcome;
    if (attempt === MAX_ATTEMPTS) throw outcome;
    await settleUnanswered(context.means, signal);
  }
}

/** An error instead of the report when it is not known whether a write was done. */
async function attemptJob(
  { id: job }: CvatJob,
  context: JobContext,
  signal: AbortSignal,
): Promise<JobReport | RefinerError> {
  const { wish, run, labels, means } = context;
  const { client, record } = means;
  const state = await readJobState(client, job, signal);
  const reason = reasonToLeave(state.job);
  if (reason !== null) return { job, status: 'left', reason };
  const meta = await client.dataMeta(job, signal);
  const { annotations } = state;
  const products = await record.products({ job });
  const decided = record.decided(run.id, job);
  const plan = planJob({ job, run: run.id, wish, annotations, meta, labels, products, decided });
  record.note(run.id, plan.skipped);
  const todo = [...plan.frames];
  const group = wish.mode === 'beside' ? record.group(run.id, job, unusedGroup(annotations)) : 0;

  const watch = new JobWatch(state);
  const batch = new FrameBatch({ ...context, job, watch });
  const frameCount = state.job.stop_frame - state.job.start_frame + 1;
  let refined = frameCount - todo.length;
  await context.onFrames(refined);
  const refine = ([frame, shapes]: readonly [number, readonly StoredShape[]], inner: AbortSignal) => {
    const size = sizeOf(meta, frame - state.job.start_frame);
    return refineFrame({ job, frame, shapes, size, wish, labels, group }, means, inner);
  };
  for await (const outcome of inOrder(todo, means.framesAtOnce, refine, signal)) {
    batch.add(outcome);
    refined++;
    if (batch.isFull() || refined === frameCount) {
      const written = await batch.write(signal);
      if (written.kind === 'unanswered') return written.error;
      if (written.kind === 'touched') {
        leave(todo.slice(refined - (frameCount - todo.length)), written.state, job, context);
        await context.onFrames(frameCount);
        return { job, status: 'left', reason: reasonToLeave(written.state.job) ?? 'changed-meanwhile' };
      }
    }
    await context.onFrames(refined);
  }
  return { job, status: 'done' };
}

/** Reports the shapes that were not come to because others work on the job. */
function leave(
  rest: readonly (readonly [number, readonly StoredShape[]])[],
  found: JobState,
  job: number,
  { run, labels, means }: JobContext,
): void {
  const lines = rest.flatMap(([frame, shapes]) =>
    shapes.map((shape) => {
      const label = labels.get(shape.label_id)?.name ?? `label ${shape.label_id}`;
      const reason = reasonLeft(shape, found);
      return { job, frame, id: shape.id, type: shape.type, label, status: 'left', reason } as const;
    }),
  );
  means.record.note(run.id, lines);
}

/** All frames of a video have the size of its only entry. */
function sizeOf({ frames }: DataMeta, index: number): Size | null {
  const entry = frames.length === 1 ? frames[0] : frames[index];
  return entry ? { width: entry.width, height: entry.height } : null;
}
