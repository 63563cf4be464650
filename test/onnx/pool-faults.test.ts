import assert from 'node:assert/strict';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { RefinerError } from '../../src/errors.js';
import { createDeferred } from '../../src/onnx/deferred.js';
import type { PoolEvent } from '../../src/onnx/pool.js';
import { FAULTY_WORKER, LITE_PACK, openPool } from './open-pool.js';
import { discImage, requestFor, roughDisc, withFault } from './synthetic-image.js';

const SOON = { deadlineMs: 60_000 };

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof RefinerError && error.code === code;
}

for (const fault of ['throw', 'exit', 'crash'] as const) {
  test(`a worker that fails by ${fault} is replaced and only its own request hears of it`, async (context) => {
    const pool = await openPool(context, { workers: 2, workerProgram: FAULTY_WORKER });
    const image = await discImage(1);
    const requests = [
      pool.refine(requestFor(withFault(image, fault)), SOON),
      pool.refine(requestFor(image), SOON),
      pool.refine(requestFor(image, { lane: 'batch' }), SOON),
    ];
    const settled = await Promise.allSettled(requests);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
    await assert.rejects(requests[0] ?? Promise.resolve(), (error) => {
      assert.ok(error instanceof RefinerError);
      assert.equal(error.code, 'WORKER_LOST');
      assert.equal(error.facts.retryAfterSeconds, 1);
      return true;
    });
    assert.equal((await pool.refine(requestFor(image), SOON)).outcomes.length, 1);
  });
}

test('the only worker is replaced and requests wait for its replacement', async (context) => {
  const events: PoolEvent[] = [];
  const pool = await openPool(context, {
    workerProgram: FAULTY_WORKER,
    onEvent: (event) => events.push(event),
  });
  const image = await discImage(1);
  await assert.rejects(pool.refine(requestFor(withFault(image, 'exit')), SOON), hasCode('WORKER_LOST'));
  assert.equal(pool.isReady(), false);
  const answer = await pool.refine(requestFor(image), SOON);
  assert.equal(answer.outcomes.length, 1);
  assert.equal(pool.isReady(), true);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['worker-started', 'worker-lost', 'worker-started'],
  );
});

test('a worker that hangs past the deadline of a request is ended', async (context) => {
  const pool = await openPool(context, { workerProgram: FAULTY_WORKER, hangTimeoutMs: 300 });
  const image = await discImage(1);
  const hanging = pool.refine(requestFor(withFault(image, 'hang'), { lane: 'batch' }), { deadlineMs: 1000 });
  const nested = pool.refine(requestFor(image), SOON);
  const waiting = pool.refine(requestFor(image, { lane: 'batch' }), SOON);
  const [first, second, third] = await Promise.allSettled([hanging, nested, waiting]);
  assert.ok(first.status === 'rejected' && hasCode('DEADLINE_EXCEEDED')(first.reason));
  assert.ok(second.status === 'fulfilled' || hasCode('WORKER_LOST')(second.reason));
  assert.equal(third.status, 'fulfilled');
});

test('a deadline that passes in the queue is told without a worker having seen the request', async (context) => {
  const pool = await openPool(context);
  const image = await discImage(1);
  const many = requestFor(image, { lane: 'batch', shapes: Array.from({ length: 60 }, () => roughDisc()) });
  const running = pool.refine(many, SOON);
  const other = await discImage(2);
  const late = requestFor(other, { lane: 'batch' });
  await assert.rejects(pool.refine(late, { deadlineMs: 20 }), hasCode('DEADLINE_EXCEEDED'));
  assert.equal(pool.queued, 0);
  await assert.rejects(pool.refine(late, { deadlineMs: 0 }), hasCode('DEADLINE_EXCEEDED'));
  await running;
  assert.equal((await pool.refine(late, SOON)).embeddingCached, false);
});

test('a request whose deadline passes while it runs is stopped, and its worker goes on', async (context) => {
  const events: PoolEvent[] = [];
  const pool = await openPool(context, { onEvent: (event) => events.push(event) });
  const image = await discImage(1);
  await pool.refine(requestFor(image), SOON);
  const endless = requestFor(image, { shapes: Array.from({ length: 2000 }, () => roughDisc()) });
  await assert.rejects(pool.refine(endless, { deadlineMs: 500 }), hasCode('DEADLINE_EXCEEDED'));
  assert.equal((await pool.refine(requestFor(image), SOON)).embeddingCached, true);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['worker-started'],
  );
});

test('a request ends with the reason of its signal, waiting or running', async (context) => {
  const pool = await openPool(context);
  const image = await discImage(1);
  const many = requestFor(image, { lane: 'batch', shapes: Array.from({ length: 500 }, () => roughDisc()) });
  const [running, waiting] = [new AbortController(), new AbortController()];
  const requests = [running, waiting].map(({ signal }) => pool.refine(many, { ...SOON, signal }));
  const settled = Promise.allSettled(requests);
  // The click is answered in the middle of the batch request, which therefore runs.
  await pool.refine(requestFor(image), SOON);
  const reasons = [new Error('closed the tab'), new Error('gone')];
  waiting.abort(reasons[1]);
  running.abort(reasons[0]);
  assert.deepEqual(
    (await settled).map((result) => (result.status === 'rejected' ? (result.reason as unknown) : null)),
    reasons,
  );
  await assert.rejects(
    pool.refine(many, { ...SOON, signal: AbortSignal.abort(reasons[0]) }),
    /closed the tab/,
  );
  assert.equal((await pool.refine(requestFor(image), SOON)).embeddingCached, true);
});

test('a full queue refuses further requests and says when to come back', async (context) => {
  const pool = await openPool(context, { maxQueued: 2 });
  const image = await discImage(1);
  const batch = requestFor(image, { lane: 'batch', shapes: Array.from({ length: 20 }, () => roughDisc()) });
  const settled = await Promise.allSettled(Array.from({ length: 6 }, () => pool.refine(batch, SOON)));
  const refused = settled.filter((result) => result.status === 'rejected');
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected'],
  );
  for (const { reason } of refused) {
    assert.ok(hasCode('QUEUE_FULL')(reason));
    assert.ok(reason instanceof RefinerError && (reason.facts.retryAfterSeconds ?? 0) >= 1);
  }
});

test('closing lets the running request finish and refuses those that wait', async (context) => {
  const pool = await openPool(context);
  const image = await discImage(1);
  await pool.refine(requestFor(image), SOON);
  const batch = requestFor(image, { lane: 'batch', shapes: Array.from({ length: 20 }, () => roughDisc()) });
  const running = pool.refine(batch, SOON);
  const waiting = assert.rejects(pool.refine(batch, SOON), hasCode('DRAINING'));
  await pool.refine(requestFor(image), SOON);
  await pool.close();
  assert.equal((await running).outcomes.length, 20);
  await waiting;
  assert.equal(pool.isReady(), false);
  await assert.rejects(pool.refine(batch, SOON), hasCode('DRAINING'));
});

test('closing does not wait for a worker that hangs', async (context) => {
  const pool = await openPool(context, { workerProgram: FAULTY_WORKER, drainTimeoutMs: 50 });
  const hanging = pool.refine(requestFor(withFault(await discImage(1), 'hang')), SOON);
  const other = assert.rejects(hanging, hasCode('DRAINING'));
  while (pool.queued > 0) await new Promise(setImmediate);
  await pool.close();
  await other;
});

test('workers that die at once are an error of opening', async (context) => {
  const workerProgram = new URL('./dying-worker.js', import.meta.url);
  await assert.rejects(openPool(context, { workers: 2, workerProgram }), hasCode('WORKER_LOST'));
});

test('while no worker can be started requests are refused, and served again once one can', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'pool-'));
  context.after(() => rm(folder, { recursive: true }));
  const [pack, aside] = [join(folder, 'pack'), join(folder, 'aside')];
  await cp(LITE_PACK, pack, { recursive: true });
  const lostTwice = createDeferred<undefined>();
  let losses = 0;
  const pool = await openPool(context, {
    packDirectory: pack,
    workerProgram: FAULTY_WORKER,
    onEvent: ({ kind }) => {
      if (kind === 'worker-lost') losses += 1;
      if (losses === 2) lostTwice.resolve(undefined);
    },
  });
  const image = await discImage(1);
  await rename(pack, aside);
  await assert.rejects(pool.refine(requestFor(withFault(image, 'exit')), SOON), hasCode('WORKER_LOST'));
  await lostTwice.promise;
  await assert.rejects(pool.refine(requestFor(image), SOON), hasCode('NOT_READY'));
  await rename(aside, pack);
  while (!pool.isReady()) await new Promise(setImmediate);
  assert.equal((await pool.refine(requestFor(image), SOON)).outcomes.length, 1);
});
