import type { Job, JobFailure, JobProgress, JobState } from './job.js';

export interface NewJob {
  readonly kind: string;
  readonly project: string;
  /** A JSON value; equal requests have equal text. */
  readonly input: unknown;
  readonly earliestMs: number;
}

export type JobOutcome =
  | { readonly state: 'done'; readonly result: unknown }
  | { readonly state: 'failed'; readonly failure: JobFailure }
  | { readonly state: 'cancelled' };

export interface JobFilter {
  readonly project?: string;
  readonly state?: JobState;
  readonly limit: number;
}

/**
 * Where jobs live. Every method is one atomic step that is on the disk when it resolves. A store belongs to one queue at
 * a time. Methods that change a job do nothing when it is not in the state that they start from.
 */
export interface JobStore {
  /**
   * Adds a job, or joins an equal one (kind, project, input) that waits and was never started: that one then waits for
   * the later of both earliest times, but no longer than `maxDelayMs` after its creation. Null when `maxQueued` jobs wait.
   */
  enqueue(job: NewJob, limits: EnqueueLimits, nowMs: number): Promise<EnqueuedJob | null>;
  /** Starts the waiting job whose turn it is: its time has come, no job of its project runs. */
  claim(nowMs: number): Promise<Job | null>;
  /** The next time at which `claim` can find a job, if no running one ends before; null when none waits. */
  nextStartMs(): Promise<number | null>;
  /** Saves the progress of a running job and, with it, one piece of what the next start must know. */
  save(id: string, progress: JobProgress, checkpoint?: readonly [key: string, value: unknown]): Promise<void>;
  /** What was saved of a job, by key, in the order of saving. */
  checkpoints(id: string): Promise<ReadonlyMap<string, unknown>>;
  /** Ends a running job and drops its checkpoints. */
  finish(id: string, outcome: JobOutcome, nowMs: number): Promise<void>;
  /** Puts a running job back into the queue, with its checkpoints. An attempt that is not counted is taken back. */
  release(id: string, again: { readonly earliestMs: number; readonly countAttempt: boolean }): Promise<void>;
  /** Cancels a waiting job at once; a running one is marked. Answers the job as it is then. */
  requestCancel(id: string, nowMs: number): Promise<Job | null>;
  /**
   * For the start after a crash: running jobs wait again; those that were to be cancelled are; those with `maxAttempts`
   * fail. Answers how many there were.
   */
  recover(maxAttempts: number, gaveUp: JobFailure, nowMs: number): Promise<number>;
  /** Drops finished jobs that ended before `beforeMs`, and the oldest beyond `keep`. */
  prune(beforeMs: number, keep: number): Promise<void>;
  get(id: string): Promise<Job | null>;
  /** The newest first, without their results. */
  list(filter: JobFilter): Promise<readonly Job[]>;
  close(): Promise<void>;
}

export interface EnqueueLimits {
  readonly maxQueued: number;
  readonly maxDelayMs: number;
}

export interface EnqueuedJob {
  readonly job: Job;
  readonly joined: boolean;
}
