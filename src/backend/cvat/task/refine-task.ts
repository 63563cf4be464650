import { RefinerError } from '../../../errors.js';
import type { CvatJob, CvatLabel } from '../rest/resources.js';
import type { Run } from './recorded.js';
import { refineJob } from './refine-job.js';
import { settleUnanswered } from './settle-unanswered.js';
import type { TaskMeans } from './task-means.js';
import { countStatuses, type JobReport, type TaskReport } from './task-report.js';
import type { TaskWish } from './task-wish.js';

export interface TaskProgress {
  /** Frames. */
  readonly done: number;
  readonly total: number;
  readonly message: string;
}

export interface TaskControl {
  readonly signal: AbortSignal;
  /** The run to go on with; null takes the one that was broken off with the same wish, or begins one. */
  readonly run: number | null;
  /** Told at the beginning which run it is, and after every frame; waited for. */
  readonly onProgress: (progress: TaskProgress, run: number) => Promise<void>;
}

/**
 * Refines the masks, polygons and rectangles of a task and writes them back, job by job, frame by frame. What is about
 * to be written is noted first, so that after any end the same call goes on: no shape is written twice and none lost.
 * Jobs in which somebody works, ground truth, deleted frames and tracks are left alone and reported. Throws
 * CVAT_LABEL_UNKNOWN, the errors of `CvatClient` and of `Inference`, or the signal's reason.
 */
export async function refineTask(
  wish: TaskWish,
  means: TaskMeans,
  { signal, run: known, onProgress }: TaskControl,
): Promise<TaskReport> {
  const { client, record, inference } = means;
  await settleUnanswered(means, signal);
  const labels = await labelsOf(wish, means, signal);
  const jobs = await jobsOf(wish, means, signal);
  const run = record.begin(JSON.stringify(wish), inference.modelVersion, known);
  // A run may have been done when its report was lost.
  if (run.state !== 'running') return reportOf(wish, run, run.jobs, means);
  const total = jobs.reduce((sum, job) => sum + frameCount(job), 0);
  const reports: JobReport[] = [];
  let before = 0;
  await onProgress({ done: 0, total, message: client.baseUrl }, run.id);
  for (const job of jobs) {
    signal.throwIfAborted();
    const onFrames = (inJob: number): Promise<void> =>
      onProgress({ done: before + inJob, total, message: `job ${job.id}` }, run.id);
    reports.push(await refineJob(job, { wish, run, labels, means, onFrames }, signal));
    before += frameCount(job);
    await onFrames(0);
  }
  record.end(run.id, 'done', reports);
  return reportOf(wish, run, reports, means);
}

async function labelsOf(
  { task, labels: wanted }: TaskWish,
  { client }: TaskMeans,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, CvatLabel>> {
  const labels = await client.labels({ task }, signal);
  const names = labels.map(({ name }) => name);
  const unknown = wanted?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const expected = `one of ${names.join(', ')}`.slice(0, 300);
    throw new RefinerError('CVAT_LABEL_UNKNOWN', { expected, received: unknown.slice(0, 100) });
  }
  return new Map(labels.map((label) => [label.id, label]));
}

async function jobsOf(
  { task, job }: TaskWish,
  { client }: TaskMeans,
  signal: AbortSignal,
): Promise<readonly CvatJob[]> {
  const all = await client.jobs({ task }, signal);
  const chosen = all.filter(({ id }) => job === null || id === job).sort((a, b) => a.id - b.id);
  if (chosen.length > 0) return chosen;
  throw new RefinerError('CVAT_NOT_FOUND', {
    where: job === null ? `task ${task}` : `job ${job} of task ${task}`,
  });
}

function frameCount({ start_frame, stop_frame }: CvatJob): number {
  return stop_frame - start_frame + 1;
}

function reportOf(
  { task, mode }: TaskWish,
  { id, model }: Run,
  jobs: readonly JobReport[],
  { record }: TaskMeans,
): TaskReport {
  const shapes = record.lines(id);
  return { task, mode, model, run: id, counts: countStatuses(shapes), jobs, shapes };
}
