import assert from 'node:assert/strict';
import test from 'node:test';
import { remainingMs } from '../../../src/backend/jobs/job.js';
import { RefinerError } from '../../../src/errors.js';
import { openQueue } from './open-queue.js';

const REQUEST = { kind: 'work', project: 'a', input: { n: 1 }, delayMs: 0 };

test('a job runs, tells its progress with the remaining time, and ends with its result', async (context) => {
  const { queue, clock, works, started, until } = await openQueue(context);
  const { job } = await queue.enqueue(REQUEST);
  assert.equal(job.state, 'queued');
  await queue.start();
  await started(1);
  clock.advance(1000);
  await works[0]?.context.save({ done: 1, total: 4, message: 'one' }, ['one', 1]);
  const running = await until(job.id, ({ progress }) => progress?.done === 1);
  assert.equal(running.state, 'running');
  assert.equal(remainingMs(running, clock.nowMs()), 3000);
  works[0]?.finish({ answer: 42 });
  const done = await until(job.id, ({ state }) => state === 'done');
  assert.deepEqual(done.result, { answer: 42 });
  assert.equal(remainingMs(done, clock.nowMs()), null);
});

test('an equal request joins the waiting job, queues after the running one, and another input never joins', async (context) => {
  const { queue, works, started, until } = await openQueue(context);
  const first = await queue.enqueue(REQUEST);
  const again = await queue.enqueue(REQUEST);
  assert.deepEqual([again.joined, again.job.id], [true, first.job.id]);
  const other = await queue.enqueue({ ...REQUEST, input: { n: 2 } });
  assert.equal(other.joined, false);
  await queue.start();
  await started(1);
  const after = await queue.enqueue(REQUEST);
  assert.equal(after.joined, false);
  // Only one of the project runs although two may.
  assert.equal(works.length, 1);
  assert.deepEqual(works[0]?.input, { n: 1 });
  works[0].finish(null);
  await started(2);
  assert.deepEqual(works[1]?.input, { n: 2 });
  works[1].finish(null);
  await started(3);
  works[2]?.finish(null);
  await until(after.job.id, ({ state }) => state === 'done');
});

test('no more jobs run than are allowed', async (context) => {
  const { queue, works, started, until } = await openQueue(context, 2);
  const jobs = [];
  for (const project of ['a', 'b', 'c']) jobs.push((await queue.enqueue({ ...REQUEST, project })).job);
  await queue.start();
  await started(2);
  assert.equal((await queue.list({ limit: 9, state: 'queued' })).length, 1);
  works[0]?.finish(null);
  await started(3);
  works[1]?.finish(null);
  works[2]?.finish(null);
  for (const { id } of jobs) await until(id, ({ state }) => state === 'done');
});

test('a job waits for its quiet time, which further requests prolong, but not for ever', async (context) => {
  const { queue, clock, works, started } = await openQueue(context);
  await queue.start();
  const delayed = { ...REQUEST, delayMs: 1000 };
  const { job } = await queue.enqueue(delayed);
  clock.advance(900);
  assert.equal((await queue.enqueue(delayed)).job.id, job.id);
  clock.advance(900);
  assert.equal((await queue.get(job.id))?.state, 'queued');
  assert.equal(works.length, 0);
  clock.advance(100);
  await started(1);
  const long = { ...REQUEST, project: 'b', delayMs: 3_600_000 };
  const { job: patient } = await queue.enqueue(long);
  clock.advance(3_000_000);
  const { job: joined } = await queue.enqueue(long);
  assert.equal(joined.earliestMs, patient.createdMs + 3_600_000);
});

test('a waiting job is cancelled at once, a running one through its signal, a finished one stays', async (context) => {
  const { queue, works, started, until } = await openQueue(context);
  const running = (await queue.enqueue(REQUEST)).job;
  const waiting = (await queue.enqueue({ ...REQUEST, input: { n: 2 } })).job;
  await queue.start();
  await started(1);
  assert.equal((await queue.cancel(waiting.id))?.state, 'cancelled');
  assert.equal((await queue.cancel(running.id))?.cancelRequested, true);
  await until(running.id, ({ state }) => state === 'cancelled');
  assert.equal(works[0]?.context.signal.aborted, true);
  assert.equal(works.length, 1);
  assert.equal((await queue.cancel(running.id))?.state, 'cancelled');
  assert.equal(await queue.cancel('nobody'), null);
});

test('stopping leaves the running job in the queue with what it saved, and takes the attempt back', async (context) => {
  const { queue, store, works, started } = await openQueue(context);
  const { job } = await queue.enqueue(REQUEST);
  await queue.start();
  await started(1);
  await works[0]?.context.save({ done: 1, total: 2, message: '' }, ['one', 1]);
  await queue.stop();
  const left = await store.get(job.id);
  assert.deepEqual([left?.state, left?.attempts, left?.progress?.done], ['queued', 0, 1]);
  assert.deepEqual([...(await store.checkpoints(job.id))], [['one', 1]]);
});

test('an error that passes is tried again with what was saved, up to five times; any other fails the job', async (context) => {
  const { queue, clock, works, started, until } = await openQueue(context);
  const { job } = await queue.enqueue(REQUEST);
  await queue.start();
  for (let attempt = 1; attempt <= 5; attempt++) {
    await started(attempt);
    const work = works[attempt - 1];
    assert.equal(work?.context.saved.size, attempt - 1);
    await work.context.save({ done: attempt, total: 9, message: '' }, [`piece ${attempt}`, attempt]);
    work.fail(new RefinerError('WORKER_LOST'));
    const { state } = await until(job.id, (now) => now.state !== 'running');
    assert.equal(state, attempt === 5 ? 'failed' : 'queued');
    clock.advance(60_000);
    await queue.start();
  }
  assert.equal((await queue.get(job.id))?.failure?.code, 'WORKER_LOST');
  const second = (await queue.enqueue({ ...REQUEST, input: { n: 3 } })).job;
  await started(6);
  works[5]?.fail(new Error('a secret of the inside'));
  const failed = await until(second.id, ({ state }) => state === 'failed');
  assert.equal(failed.failure?.code, 'INTERNAL');
  assert.doesNotMatch(failed.failure.message, /secret/);
});

test('a kind that nobody runs is refused', async (context) => {
  const { queue } = await openQueue(context);
  await assert.rejects(
    queue.enqueue({ ...REQUEST, kind: 'other' }),
    (error) => error instanceof RefinerError && error.code === 'JOB_KIND_UNKNOWN',
  );
});
