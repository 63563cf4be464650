import { RefinerError } from '../../errors.js';
import type { Log } from '../log.js';
import type { Clock } from './clock.js';
import type { Job, JobFailure } from './job.js';
import { MAX_ATTEMPTS, RETRY_AFTER_MS } from './job-limits.js';
import type { RegisteredRunner } from './job-runner.js';
import type { JobStore } from './job-store.js';

export interface RunningJob {
  /** Asks the runner to end: for good, or to go on at the next start of the program. The first wish counts. */
  interrupt(reason: 'cancel' | 'stop'): void;
  /** Resolves, never rejects, when the job has left the state `running`. */
  readonly ended: Promise<void>;
}

export interface RunSettings {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined for a kind that this program no longer has. */
  readonly runner: RegisteredRunner | undefined;
  /** Called when progress was saved. */
  readonly changed: () => void;
}

/** Runs a claimed job and stores how it ended. */
export function runJob(job: Job, settings: RunSettings): RunningJob {
  const { log, store } = settings;
  const cancel = new AbortController();
  const stop = new AbortController();
  const interrupted = AbortSignal.any([cancel.signal, stop.signal]);
  const run = async (): Promise<void> => {
    // The wish to cancel may have come between the claim and this call.
    if ((await store.get(job.id))?.cancelRequested === true) cancel.abort(new RefinerError('ABORTED'));
    try {
      const result = await work(job, settings, interrupted);
      await store.finish(job.id, { state: 'done', result }, settings.clock.nowMs());
      log.info({ job: job.id, kind: job.kind }, 'job done');
    } catch (error) {
      await endBadly(job, error, interrupted, cancel.signal, settings);
    }
  };
  return {
    interrupt: (reason) => {
      if (interrupted.aborted) return;
      if (reason === 'cancel') cancel.abort(new RefinerError('ABORTED'));
      else stop.abort(new RefinerError('DRAINING'));
    },
    // What cannot be written stays `running` in the store and is taken up at the next start.
    ended: run().catch((err: unknown) => log.error({ job: job.id, err }, 'the job’s end cannot be stored')),
  };
}

async function work(
  job: Job,
  { store, runner, changed }: RunSettings,
  signal: AbortSignal,
): Promise<unknown> {
  if (!runner) throw new RefinerError('JOB_KIND_UNKNOWN', { received: job.kind });
  signal.throwIfAborted();
  return runner.run(job.input, {
    project: job.project,
    signal,
    saved: await store.checkpoints(job.id),
    save: async (progress, piece) => {
      await store.save(job.id, progress, piece);
      changed();
    },
  });
}

async function endBadly(
  job: Job,
  error: unknown,
  interrupted: AbortSignal,
  cancelled: AbortSignal,
  { store, clock, log }: RunSettings,
): Promise<void> {
  const nowMs = clock.nowMs();
  if (cancelled.aborted) {
    await store.finish(job.id, { state: 'cancelled' }, nowMs);
    return;
  }
  if (interrupted.aborted) {
    await store.release(job.id, { earliestMs: nowMs, countAttempt: false });
    return;
  }
  // A full queue says nothing against the job; it is waited for as long as it takes.
  const busy = error instanceof RefinerError && error.code === 'QUEUE_FULL';
  const passing = error instanceof RefinerError && error.status === 503;
  if (busy || (passing && job.attempts < MAX_ATTEMPTS)) {
    log.warn({ job: job.id, kind: job.kind, err: error }, 'job is tried again');
    await store.release(job.id, {
      earliestMs: nowMs + RETRY_AFTER_MS * job.attempts,
      countAttempt: !busy,
    });
    return;
  }
  log.error({ job: job.id, kind: job.kind, err: error }, 'job failed');
  await store.finish(job.id, { state: 'failed', failure: failureOf(error) }, nowMs);
}

/** The public side of an error; the rest is in the log. */
function failureOf(error: unknown): JobFailure {
  const known = error instanceof RefinerError ? error : new RefinerError('INTERNAL');
  return { code: known.code, message: known.status === 500 ? known.publicMessage : known.message };
}
