export const JOB_STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;

/** queued → running → done, failed or cancelled; a job that was interrupted goes from running back to queued. */
export type JobState = (typeof JOB_STATES)[number];

export interface JobProgress {
  /** Pieces of work that are finished. */
  readonly done: number;
  readonly total: number;
  readonly message: string;
}

/** Why a job failed: a code of the error catalogue and a text for strangers. */
export interface JobFailure {
  readonly code: string;
  readonly message: string;
}

/** One job as it is stored. Times are milliseconds since 1970. `input` and `result` are JSON values. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly project: string;
  readonly state: JobState;
  readonly input: unknown;
  readonly progress: JobProgress | null;
  readonly result: unknown;
  readonly failure: JobFailure | null;
  /** Starts so far, those that a shutdown interrupted not counted. */
  readonly attempts: number;
  readonly cancelRequested: boolean;
  readonly createdMs: number;
  /** It does not start before. */
  readonly earliestMs: number;
  /** Of the last start. */
  readonly startedMs: number | null;
  /** `progress.done` at the last start: what earlier starts had finished. */
  readonly startedDone: number;
  readonly finishedMs: number | null;
}

export function isFinished({ state }: Pick<Job, 'state'>): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

/** Expected milliseconds until a running job is done, at the pace since its last start; null while that is unknown. */
export function remainingMs(job: Job, nowMs: number): number | null {
  const { state, progress, startedMs, startedDone } = job;
  if (state !== 'running' || progress === null || startedMs === null) return null;
  const doneNow = progress.done - startedDone;
  if (doneNow <= 0) return null;
  return Math.max(0, Math.round(((nowMs - startedMs) / doneNow) * (progress.total - progress.done)));
}
