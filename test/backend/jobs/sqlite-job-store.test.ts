import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { isFinished, type Job, type JobState } from '../../../src/backend/jobs/job.js';
import { openSqliteJobStore } from '../../../src/backend/jobs/sqlite-job-store.js';
import { RefinerError } from '../../../src/errors.js';
import { temporaryFolder } from './open-queue.js';

const LIMITS = { maxQueued: 6, maxDelayMs: 100 };
const GAVE_UP = { code: 'JOB_GAVE_UP', message: 'given up' };
const NEXT: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ['queued', 'running', 'cancelled', 'failed'],
  running: ['running', 'queued', 'done', 'failed', 'cancelled'],
  done: ['done'],
  failed: ['failed'],
  cancelled: ['cancelled'],
};

const STEP = fc.record({
  act: fc.constantFrom(
    'enqueue',
    'claim',
    'save',
    'finish',
    'fail',
    'release',
    'cancel',
    'recover',
    'reopen',
  ),
  project: fc.constantFrom('a', 'b'),
  input: fc.integer({ min: 0, max: 1 }),
  pick: fc.nat(20),
  passMs: fc.integer({ min: 0, max: 30 }),
  delayMs: fc.integer({ min: 0, max: 60 }),
});

test('whatever happens, states change only as they may, a project runs one job, and nothing is lost', async (context) => {
  const folder = await temporaryFolder(context);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { maxLength: 30 }), async (steps) => {
      const file = join(folder, `${run++}.sqlite`);
      let store = await openSqliteJobStore(file);
      const seen = new Map<string, Job>();
      let nowMs = 1000;
      try {
        for (const { act, project, input, pick, passMs, delayMs } of steps) {
          nowMs += passMs;
          const ids = [...seen.keys()];
          const id = ids[pick % Math.max(1, ids.length)] ?? 'none';
          const wanted = { kind: 'work', project, input: { input }, earliestMs: nowMs + delayMs };
          if (act === 'enqueue') {
            const waiting = [...seen.values()].filter(({ state }) => state === 'queued').length;
            const enqueued = await store.enqueue(wanted, LIMITS, nowMs);
            if (enqueued === null) assert.ok(waiting >= LIMITS.maxQueued);
            else assert.equal(enqueued.joined, seen.has(enqueued.job.id));
            if (enqueued) assert.ok(enqueued.job.earliestMs <= enqueued.job.createdMs + LIMITS.maxDelayMs);
          } else if (act === 'claim') {
            const job = await store.claim(nowMs);
            if (job) assert.ok(job.earliestMs <= nowMs);
          } else if (act === 'save') await store.save(id, { done: 1, total: 2, message: '' }, ['key', pick]);
          else if (act === 'finish') await store.finish(id, { state: 'done', result: pick }, nowMs);
          else if (act === 'fail') await store.finish(id, { state: 'failed', failure: GAVE_UP }, nowMs);
          else if (act === 'release') await store.release(id, { earliestMs: nowMs, countAttempt: true });
          else if (act === 'cancel') await store.requestCancel(id, nowMs);
          else if (act === 'recover') await store.recover(3, GAVE_UP, nowMs);
          else {
            await store.close();
            store = await openSqliteJobStore(file);
          }
          const jobs = await store.list({ limit: 1000 });
          for (const job of jobs) {
            const before = seen.get(job.id);
            const allowed = before ? NEXT[before.state] : ['queued'];
            assert.ok(allowed.includes(job.state), `${act}: ${before?.state ?? 'nothing'} to ${job.state}`);
            if (isFinished(job)) assert.equal((await store.checkpoints(job.id)).size, 0);
            assert.equal(isFinished(job), job.finishedMs !== null);
            seen.set(job.id, job);
          }
          assert.equal(jobs.length, seen.size);
          const busy = jobs.filter(({ state }) => state === 'running').map((job) => job.project);
          assert.equal(new Set(busy).size, busy.length);
        }
      } finally {
        await store.close();
        await rm(file, { force: true });
      }
    }),
    { numRuns: 15 },
  );
});

test('a job that a crash interrupted waits again with what it saved, and is given up after enough starts', async (context) => {
  const store = await openSqliteJobStore(join(await temporaryFolder(context), 'jobs.sqlite'));
  context.after(() => store.close());
  const enqueued = await store.enqueue({ kind: 'work', project: 'a', input: {}, earliestMs: 0 }, LIMITS, 0);
  const id = enqueued?.job.id ?? '';
  for (const attempts of [1, 2, 3]) {
    assert.equal((await store.claim(attempts))?.attempts, attempts);
    await store.save(id, { done: attempts, total: 9, message: '' }, [`piece ${attempts}`, { attempts }]);
    assert.equal(await store.recover(3, GAVE_UP, attempts), 1);
    const job = await store.get(id);
    assert.equal(job?.state, attempts === 3 ? 'failed' : 'queued');
    assert.equal((await store.checkpoints(id)).size, attempts === 3 ? 0 : attempts);
  }
  assert.deepEqual((await store.get(id))?.failure, GAVE_UP);
});

test('finished jobs are dropped when they are old or too many, others never', async (context) => {
  const store = await openSqliteJobStore(join(await temporaryFolder(context), 'jobs.sqlite'));
  context.after(() => store.close());
  for (const project of ['a', 'b', 'c', 'd', 'e']) {
    await store.enqueue({ kind: 'work', project, input: {}, earliestMs: 0 }, LIMITS, 0);
  }
  for (const endMs of [10, 20, 30, 40]) {
    const job = await store.claim(1);
    await store.finish(job?.id ?? '', { state: 'done', result: null }, endMs);
  }
  const projects = async (): Promise<string> =>
    (await store.list({ limit: 10 })).map(({ project }) => project).join('');
  await store.prune(15, 10);
  assert.equal(await projects(), 'edcb');
  await store.prune(0, 1);
  assert.equal(await projects(), 'ed');
});

test('a file that another store holds, or that is no database, is refused', async (context) => {
  const folder = await temporaryFolder(context);
  const store = await openSqliteJobStore(join(folder, 'jobs.sqlite'));
  context.after(() => store.close());
  const isRefusal = (error: unknown): boolean =>
    error instanceof RefinerError && error.code === 'JOBS_FILE_UNUSABLE';
  await assert.rejects(openSqliteJobStore(join(folder, 'jobs.sqlite')), isRefusal);
  await assert.rejects(openSqliteJobStore(folder), isRefusal);
});
