import { type Job, remainingMs } from './job.js';

/** A job as it is answered. The input's and result's form are the kind's. */
export function jobView(job: Job, nowMs: number): object {
  return {
    id: job.id,
    kind: job.kind,
    project: job.project,
    state: job.state,
    input: job.input,
    progress: job.progress,
    remainingMs: remainingMs(job, nowMs),
    attempts: job.attempts,
    cancelRequested: job.cancelRequested,
    failure: job.failure,
    createdAt: timeText(job.createdMs),
    earliestAt: timeText(job.earliestMs),
    startedAt: timeText(job.startedMs),
    finishedAt: timeText(job.finishedMs),
  };
}

/** The same with the result of a job that is done. */
export function jobWithResult(job: Job, nowMs: number): object {
  return { ...jobView(job, nowMs), ...(job.state === 'done' ? { result: job.result } : {}) };
}

function timeText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
