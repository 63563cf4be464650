import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Express } from 'express';
import request from 'supertest';
import type { JobQueue } from '../../../src/backend/jobs/job-queue.js';
import { readFixture } from '../../support/fixtures.js';
import { openIdleFitQueue } from '../jobs/idle-fit-queue.js';
import { openApp } from '../open-app.js';

interface Delivery {
  readonly id: string;
  readonly expected: 'fit' | 'ignore' | 'forget';
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const RECORDED = JSON.parse(readFixture('cvat/webhooks.json').toString()) as {
  readonly requests: readonly Delivery[];
  readonly must_be_refused: readonly Delivery[];
};

function recorded(id: string): Delivery {
  const found = RECORDED.requests.find((delivery) => delivery.id === id);
  assert.ok(found, id);
  return found;
}

/** A server with the secret whose queue knows jobs of kind `fit` but never starts them. */
async function openWebhook(
  context: TestContext,
  secret: string | null,
): Promise<{ readonly app: Express; readonly jobs: JobQueue; readonly logged: () => string }> {
  const jobs = await openIdleFitQueue(context);
  const env = { BASIC_AUTH_USER: 'anna', BASIC_AUTH_PASS: 'b' };
  const { app, logged } = await openApp(
    context,
    secret === null ? env : { ...env, SAMREFINER_CVAT_WEBHOOK_SECRET: secret },
    { jobs },
  );
  return { app, jobs, logged };
}

function deliver(app: Express, { headers, body }: Pick<Delivery, 'headers' | 'body'>): request.Test {
  return request(app).post('/cvat/webhook').set(headers).send(body);
}

test('of CVAT’s recorded deliveries the completed ones ask for learning from their project, the others for nothing', async (context) => {
  for (const delivery of RECORDED.requests) {
    const { app, jobs } = await openWebhook(context, delivery.secret || 'unsigned');
    const answer = await deliver(app, delivery);
    const [job, ...more] = await jobs.list({ limit: 9 });
    // A ping says that the way is open; nothing was completed by it.
    if (delivery.expected !== 'fit' || delivery.id === 'ping') {
      assert.equal(answer.status, 200, delivery.id);
      assert.equal(job, undefined, delivery.id);
      continue;
    }
    assert.equal(answer.status, 202, delivery.id);
    assert.deepEqual(more, []);
    assert.deepEqual([job?.kind, job?.project, job?.state], ['fit', 'cvat-4', 'queued']);
    assert.deepEqual(job?.input, { automatic: true, source: 'cvat', project: 4 });
    assert.deepEqual(answer.body, { status: 'accepted', job: job.id });
  }
});

test('deliveries whose signature is not that of their bytes are refused and start nothing', async (context) => {
  assert.equal(RECORDED.must_be_refused.length, 5);
  for (const delivery of RECORDED.must_be_refused) {
    const { app, jobs, logged } = await openWebhook(context, delivery.secret);
    await deliver(app, delivery).expect(401);
    assert.deepEqual(await jobs.list({ limit: 9 }), []);
    assert.ok(!logged().includes(delivery.secret));
  }
});

test('the same change delivered again starts nothing', async (context) => {
  const { app, jobs } = await openWebhook(context, recorded('job-completed').secret);
  await deliver(app, recorded('job-completed')).expect(202);
  await deliver(app, recorded('job-completed')).expect(200, { status: 'ignored' });
  assert.equal((await jobs.list({ limit: 9 })).length, 1);
});

test('jobs that are completed one after the other are learned from once', async (context) => {
  const { app, jobs } = await openWebhook(context, 'unsigned');
  const { body, headers } = recorded('job-completed');
  for (const id of [19, 20, 21]) {
    await deliver(app, { headers, body: body.replace('"id": 19', `"id": ${id}`) }).expect(202);
  }
  const [job, ...more] = await jobs.list({ limit: 9 });
  assert.deepEqual(more, []);
  assert.ok(job && job.earliestMs > Date.now());
});

test('jobs outside projects, ground truth and consensus replicas are not learned from', async (context) => {
  const { app, jobs } = await openWebhook(context, 'unsigned');
  const { body, headers } = recorded('job-completed');
  const changes = [
    ['"project_id": 4', '"project_id": null'],
    ['"type": "annotation"', '"type": "ground_truth"'],
    ['"type": "annotation"', '"type": "consensus_replica"'],
  ] as const;
  for (const [from, to] of changes) {
    assert.ok(body.includes(from));
    await deliver(app, { headers, body: body.replace(from, to) }).expect(200);
  }
  assert.deepEqual(await jobs.list({ limit: 9 }), []);
});

test('without a secret webhooks are refused, signed or not, and so are bodies that are no delivery', async (context) => {
  const off = await openWebhook(context, null);
  await deliver(off.app, recorded('job-completed')).expect(403);
  await deliver(off.app, recorded('no-secret')).expect(403);
  const { app } = await openWebhook(context, 'unsigned');
  const headers = { 'Content-Type': 'application/json' };
  await deliver(app, { headers, body: '{"event": 5}' }).expect(400);
  await deliver(app, { headers, body: '[' }).expect(400);
  await deliver(app, { headers, body: `{"event": "${'x'.repeat(2 ** 20)}"}` }).expect(413);
  await deliver(app, { headers: { 'Content-Type': 'text/plain' }, body: '{"event": "ping"}' }).expect(415);
  await request(app).get('/cvat/webhook').expect(405);
});

test('a delivery that could not be taken can be delivered again', async (context) => {
  const { secret } = recorded('job-completed');
  const { jobs } = await openWebhook(context, secret);
  let isFull = true;
  const refusing: JobQueue = {
    ...jobs,
    enqueue: (wanted) => (isFull ? Promise.reject(new Error('disk full')) : jobs.enqueue(wanted)),
  };
  const { app } = await openApp(context, { SAMREFINER_CVAT_WEBHOOK_SECRET: secret }, { jobs: refusing });
  await deliver(app, recorded('job-completed')).expect(500);
  isFull = false;
  await deliver(app, recorded('job-completed')).expect(202);
});
