import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Express } from 'express';
import request from 'supertest';
import type { JobQueue } from '../../../src/backend/jobs/job-queue.js';
import { readFixture } from '../../support/fixtures.js';
import { openIdleFitQueue } from '../jobs/idle-fit-queue.js';
import { openApp } from '../open-app.js';
import { requestFixture } from './batch-fixtures.js';

const CREDENTIALS = { BASIC_AUTH_USER: 'anna', BASIC_AUTH_PASS: 'b' };

/** A server whose queue knows jobs of kind `fit` but never starts them. */
async function openWebhook(
  context: TestContext,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly app: Express; readonly jobs: JobQueue; readonly logged: () => string }> {
  const jobs = await openIdleFitQueue(context);
  const { app, logged } = await openApp(context, { ...CREDENTIALS, ...env }, { jobs });
  return { app, jobs, logged };
}

const RECORDED: readonly (readonly [name: string, status: number, jobs: number])[] = [
  ['webhook-start-training', 201, 1],
  ['webhook-annotations-deleted', 201, 1],
  ['webhook-annotation-deleted-singular', 201, 1],
  ['webhook-project-updated', 200, 1],
  ['webhook-unknown', 200, 0],
];

for (const [name, status, count] of RECORDED) {
  test(`${name} is answered with ${status} and asks for ${count} fit`, async (context) => {
    const { app, jobs } = await openWebhook(context);
    const answer = await request(app).post('/webhook').send(requestFixture(name).body);
    assert.equal(answer.status, status);
    const expected = status === 201 ? { result: {}, status: 'ok' } : unknownEvent();
    assert.deepEqual(answer.body, expected);
    const [job, ...more] = await jobs.list({ limit: 9 });
    assert.deepEqual(more, []);
    assert.equal(job === undefined ? 0 : 1, count);
    if (job) assert.match(job.project, /^label-studio-\d+$/);
  });
}

test('Start Training asks for learning at once, annotations when things are quiet and worth it', async (context) => {
  const { app, jobs } = await openWebhook(context);
  const project = { id: 7, title: 'Balls' };
  await request(app).post('/webhook').send({ action: 'ANNOTATION_CREATED', project }).expect(201);
  await request(app).post('/webhook').send({ action: 'START_TRAINING', project }).expect(201);
  const found = await jobs.list({ limit: 9 });
  assert.deepEqual(
    found.map(({ input }) => input).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    [
      { source: 'label-studio', project: '7', automatic: true },
      { source: 'label-studio', project: '7' },
    ],
  );
});

test('many events of a project leave one job that waits', async (context) => {
  const { app, jobs } = await openWebhook(context);
  const body = { action: 'ANNOTATION_UPDATED', project: { id: 7 } };
  for (let event = 0; event < 20; event += 1) await request(app).post('/webhook').send(body).expect(201);
  assert.equal((await jobs.list({ limit: 99 })).length, 1);
});

test('with a secret webhooks without it, or with another, are refused and start nothing', async (context) => {
  const { app, jobs, logged } = await openWebhook(context, { SAMREFINER_WEBHOOK_SECRET: 'pssst' });
  const body = { action: 'ANNOTATION_CREATED', project: { id: 7 } };
  await request(app).post('/webhook').send(body).expect(401);
  await request(app).post('/webhook?secret=other').send(body).expect(401);
  await request(app).post('/webhook').set('X-Samrefiner-Secret', 'other').send(body).expect(401);
  assert.deepEqual(await jobs.list({ limit: 9 }), []);
  await request(app).post('/webhook?secret=pssst').send(body).expect(201);
  await request(app).post('/webhook').set('X-Samrefiner-Secret', 'pssst').send(body).expect(201);
  assert.equal((await jobs.list({ limit: 9 })).length, 1);
  assert.doesNotMatch(logged(), /pssst/);
});

test('Start Training needs no secret, because Label Studio’s client has no place for one', async (context) => {
  const { app, jobs } = await openWebhook(context, { SAMREFINER_WEBHOOK_SECRET: 'pssst' });
  await request(app)
    .post('/webhook')
    .send({ action: 'START_TRAINING', project: { id: 7 } })
    .expect(201);
  assert.equal((await jobs.list({ limit: 9 })).length, 1);
});

for (const [body, what] of [
  [{ action: 'ANNOTATION_CREATED' }, 'no project'],
  [{ action: 'ANNOTATION_CREATED', project: { id: '../7' } }, 'a project that is no number'],
  [{ action: ['START_TRAINING'], project: { id: 7 } }, 'an action that is no text'],
] as const) {
  test(`an event of ${what} is answered and starts nothing`, async (context) => {
    const { app, jobs } = await openWebhook(context);
    const { status } = await request(app).post('/webhook').send(body);
    assert.ok(status === 200 || status === 201);
    assert.deepEqual(await jobs.list({ limit: 9 }), []);
  });
}

test('an event is answered in time and without error though the queue hangs or fails', async (context) => {
  for (const enqueue of [
    () => new Promise<never>(() => undefined),
    () => Promise.reject(new Error('the disk is full')),
  ]) {
    const { jobs } = await openWebhook(context);
    const { app } = await openApp(context, {}, { jobs: { ...jobs, enqueue } });
    const startMs = performance.now();
    await request(app)
      .post('/webhook')
      .send({ action: 'START_TRAINING', project: { id: 7 } })
      .expect(201);
    assert.ok(performance.now() - startMs < 1000);
  }
});

function unknownEvent(): unknown {
  return (
    JSON.parse(readFixture('label-studio/responses/webhook-unknown.json').toString('utf8')) as {
      body: unknown;
    }
  ).body;
}
