import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Job } from '../../../src/backend/jobs/job.js';
import { createJobQueue, type JobQueue } from '../../../src/backend/jobs/job-queue.js';
import { type JobContext, type RegisteredRunner, register } from '../../../src/backend/jobs/job-runner.js';
import type { JobStore } from '../../../src/backend/jobs/job-store.js';
import { openSqliteJobStore } from '../../../src/backend/jobs/sqlite-job-store.js';
import { collectingLog } from '../open-app.js';
import { fakeClock, type FakeClock } from './fake-clock.js';

export async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'samrefiner-jobs-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A started job whose end the test decides. */
export interface StartedWork {
  readonly input: unknown;
  readonly context: JobContext<number>;
  finish(result: unknown): void;
  fail(error: Error): void;
}

export interface TestQueue {
  readonly queue: JobQueue;
  readonly store: JobStore;
  readonly clock: FakeClock;
  readonly works: StartedWork[];
  /** Resolves when so many works have been started in all. */
  readonly started: (count: number) => Promise<void>;
  /** Resolves to the job when that holds of it. */
  readonly until: (id: string, holds: (job: Job) => boolean) => Promise<Job>;
}

/** Works of kind `work` wait until the test ends them, or end with the signal's reason. */
export async function openQueue(context: TestContext, maxRunning = 2): Promise<TestQueue> {
  const folder = await temporaryFolder(context);
  const store = await openSqliteJobStore(join(folder, 'jobs.sqlite'));
  const clock = fakeClock();
  const works: StartedWork[] = [];
  let notify = (): void => undefined;
  const runner: RegisteredRunner = register<unknown, number>({
    kind: 'work',
    inputSchema: { type: 'object' },
    check: (input) => Promise.resolve(input),
    readState: Number,
    run: (input, job) =>
      new Promise((resolve, reject) => {
        job.signal.addEventListener('abort', () => reject(job.signal.reason as Error));
        works.push({ input, context: job, finish: resolve, fail: reject });
        notify();
      }),
  });
  const { log } = collectingLog('silent');
  const queue = createJobQueue({ store, runners: [runner], clock, log, maxRunning });
  context.after(async () => {
    await queue.stop();
    await store.close();
  });
  return {
    ...{ queue, store, clock, works },
    started: async (count) => {
      while (works.length < count) await new Promise<void>((resolve) => (notify = resolve));
    },
    until: async (id, holds) => {
      for (;;) {
        let unwatch = (): void => undefined;
        const changed = new Promise<void>((resolve) => (unwatch = queue.watch(id, resolve)));
        const job = await queue.get(id);
        if (job && holds(job)) {
          unwatch();
          return job;
        }
        await changed;
        unwatch();
      }
    },
  };
}
