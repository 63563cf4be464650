import { RefinerError } from '../../errors.js';
import type { Log } from '../log.js';
import type { Clock } from './clock.js';
import { isFinished, type Job, type JobFailure } from './job.js';
import { FINISHED_KEPT, MAX_ATTEMPTS, MAX_DELAY_MS, MAX_QUEUED, RETENTION_MS } from './job-limits.js';
import type { RegisteredRunner } from './job-runner.js';
import type { EnqueuedJob, JobFilter, JobStore } from './job-store.js';
import { runJob, type RunningJob } from './run-job.js';
import { createWatchers } from './watchers.js';

export interface JobQueueSettings {
  readonly store: JobStore;
  readonly runners: readonly RegisteredRunner[];
  readonly clock: Clock;
  readonly log: Log;
  /** Jobs that run at the same time; of one project always at most one. */
  readonly maxRunning: number;
}

export interface JobRequest {
  readonly kind: string;
  readonly project: string;
  readonly input: unknown;
  /** Quiet time: the job starts when so long no equal request has come. */
  readonly delayMs: number;
}

export interface JobQueue {
  readonly clock: Clock;
  /** What kinds of jobs there are. */
  readonly runners: readonly RegisteredRunner[];
  /** Aborts when the queue stops. */
  readonly stopping: AbortSignal;
  /** Throws JOB_KIND_UNKNOWN, QUEUE_FULL, or what the kind's runner says of the input. */
  enqueue(request: JobRequest): Promise<EnqueuedJob>;
  get(id: string): Promise<Job | null>;
  list(filter: JobFilter): Promise<readonly Job[]>;
  /** A running job ends soon after; a finished one stays as it is. */
  cancel(id: string): Promise<Job | null>;
  /** Calls back whenever the job may have changed. Returns what ends that. */
  watch(id: string, onChange: () => void): () => void;
  /** Takes up what an earlier process left and begins to run jobs; without it they only wait. */
  start(): Promise<void>;
  /** Asks the running jobs to stop and puts them back into the queue; resolves when they have. */
  stop(): Promise<void>;
}

const LIMITS = { maxQueued: MAX_QUEUED, maxDelayMs: MAX_DELAY_MS };
const GAVE_UP: JobFailure = {
  code: 'JOB_GAVE_UP',
  message: new RefinerError('JOB_GAVE_UP').publicMessage,
};

/** Runs the jobs of a store, oldest first. Whoever opens the store closes it, after `stop`. */
export function createJobQueue(settings: JobQueueSettings): JobQueue {
  const { store, clock, log, maxRunning } = settings;
  const runners = new Map(settings.runners.map((runner) => [runner.kind, runner]));
  const running = new Map<string, RunningJob>();
  const watchers = createWatchers();
  const stopping = new AbortController();
  let started = false;
  let cancelWake = (): void => undefined;
  let filling: Promise<void> = Promise.resolve();

  /** Starts what can start; one pass after the other, so that the bound holds. */
  function fill(): Promise<void> {
    filling = filling.then(fillOnce).catch((err: unknown) => log.error({ err }, 'jobs cannot be started'));
    return filling;
  }

  async function fillOnce(): Promise<void> {
    cancelWake();
    while (started && !stopping.signal.aborted && running.size < maxRunning) {
      const job = await store.claim(clock.nowMs());
      if (job === null) break;
      begin(job);
    }
    const nextMs = started && running.size < maxRunning ? await store.nextStartMs() : null;
    if (nextMs !== null && !stopping.signal.aborted) cancelWake = clock.wakeAt(nextMs, () => void fill());
  }

  function begin(job: Job): void {
    const changed = (): void => watchers.notify(job.id);
    const run = runJob(job, { store, clock, log, runner: runners.get(job.kind), changed });
    running.set(job.id, run);
    if (stopping.signal.aborted) run.interrupt('stop');
    changed();
    void run.ended.then(async () => {
      running.delete(job.id);
      changed();
      await prune();
      await fill();
    });
  }

  async function prune(): Promise<void> {
    await store
      .prune(clock.nowMs() - RETENTION_MS, FINISHED_KEPT)
      .catch((err: unknown) => log.error({ err }, 'old jobs cannot be dropped'));
  }

  return {
    clock,
    runners: settings.runners,
    stopping: stopping.signal,
    enqueue: async ({ kind, project, input, delayMs }) => {
      const runner = runners.get(kind);
      if (!runner) throw unknownKind(kind, [...runners.keys()]);
      const nowMs = clock.nowMs();
      const checked = await runner.check(input, project);
      const wanted = { kind, project, input: checked, earliestMs: nowMs + delayMs };
      const enqueued = await store.enqueue(wanted, LIMITS, nowMs);
      if (enqueued === null) {
        throw new RefinerError('QUEUE_FULL', { expected: `fewer than ${LIMITS.maxQueued} waiting jobs` });
      }
      watchers.notify(enqueued.job.id);
      void fill();
      return enqueued;
    },
    get: (id) => store.get(id),
    list: (filter) => store.list(filter),
    cancel: async (id) => {
      const job = await store.requestCancel(id, clock.nowMs());
      if (job && !isFinished(job)) running.get(id)?.interrupt('cancel');
      watchers.notify(id);
      return job;
    },
    watch: (id, onChange) => watchers.add(id, onChange),
    start: async () => {
      const interrupted = await store.recover(MAX_ATTEMPTS, GAVE_UP, clock.nowMs());
      if (interrupted > 0) log.info({ interrupted }, 'jobs of an earlier process taken up');
      await prune();
      started = true;
      await fill();
    },
    stop: async () => {
      stopping.abort(new RefinerError('DRAINING'));
      cancelWake();
      for (const run of running.values()) run.interrupt('stop');
      await filling;
      cancelWake();
      await Promise.all([...running.values()].map((run) => run.ended));
    },
  };
}

function unknownKind(kind: string, known: readonly string[]): RefinerError {
  return new RefinerError('JOB_KIND_UNKNOWN', {
    expected: known.length === 0 ? 'a kind that is set up; none is' : `one of ${known.join(', ')}`,
    received: JSON.stringify(kind.slice(0, 40)),
  });
}
