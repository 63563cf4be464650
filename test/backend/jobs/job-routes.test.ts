import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import test from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import request, { type Response } from 'supertest';
import { HEARTBEAT_MS } from '../../../src/backend/jobs/job-events.js';
import { JOB_SCHEMA } from '../../../src/backend/jobs/job-schema.js';
import { listen } from '../../../src/backend/listen.js';
import { openApp } from '../open-app.js';
import { openQueue, temporaryFolder, type TestQueue } from './open-queue.js';

type Answer = Omit<Response, 'body'> & {
  readonly body: { readonly [name: string]: unknown; readonly id: string };
};

const BODY = { kind: 'work', project: 'a', input: { n: 1 } };
const isJob = new Ajv2020({ allowUnionTypes: true, formats: { 'date-time': true } }).compile(JOB_SCHEMA);

function errorCode(response: { readonly body: unknown }): string {
  return (response.body as { readonly error: { readonly code: string } }).error.code;
}

test('a job is asked for, joined, listed, read and cancelled, in the form that the document says', async (context) => {
  const { queue } = await openQueue(context);
  const { app } = await openApp(context, {}, { jobs: queue });
  const asked = (await request(app).post('/v1/jobs').send(BODY).expect(202)) as Answer;
  const { id } = asked.body;
  assert.ok(isJob(asked.body), JSON.stringify(isJob.errors));
  assert.equal(asked.headers['location'], `/v1/jobs/${id}`);
  const joined = (await request(app).post('/v1/jobs').send(BODY).expect(200)) as Answer;
  assert.equal(joined.body.id, id);
  const list = await request(app).get('/v1/jobs?project=a&state=queued&limit=5').expect(200);
  assert.equal((list.body as { jobs: unknown[] }).jobs.length, 1);
  const cancelled = (await request(app).delete(`/v1/jobs/${id}`).expect(200)) as Answer;
  assert.equal(cancelled.body['state'], 'cancelled');
  const read = (await request(app).get(`/v1/jobs/${id}`).expect(200)) as Answer;
  assert.ok(isJob(read.body), JSON.stringify(isJob.errors));
  const document = await request(app).get('/v1/openapi.json').expect(200);
  assert.ok('/v1/jobs/{id}/events' in (document.body as { paths: object }).paths);
});

test('what is malformed, unknown, not set up or without credentials is refused', async (context) => {
  const { app } = await openApp(context);
  const { queue } = await openQueue(context);
  const folder = { kind: 'refine-folder', input: { images: 'a', masks: 'b', out: 'c' } };
  const refused = await request(app).post('/v1/jobs').send(folder).expect(403);
  assert.equal(errorCode(refused), 'JOB_KIND_REFUSED');
  assert.match(refused.text, /SAMREFINER_DATA_DIR/);
  assert.equal(errorCode(await request(app).post('/v1/jobs').send(BODY).expect(400)), 'JOB_KIND_UNKNOWN');
  assert.equal(
    errorCode(await request(app).post('/v1/jobs').send({ kind: 'x' }).expect(400)),
    'BODY_INVALID',
  );
  for (const query of ['limit=0', 'limit=x', 'state=odd', 'project=a&project=b']) {
    assert.equal(errorCode(await request(app).get(`/v1/jobs?${query}`).expect(400)), 'QUERY_INVALID');
  }
  for (const path of ['/v1/jobs/none', '/v1/jobs/none/events']) {
    assert.equal(errorCode(await request(app).get(path).expect(404)), 'JOB_UNKNOWN');
  }
  await request(app).put('/v1/jobs').expect(405);
  const data = await temporaryFolder(context);
  const open = await openApp(context, { SAMREFINER_DATA_DIR: data });
  const outside = { ...folder, input: { images: '../..', masks: '.', out: 'c' } };
  const traversal = await request(open.app).post('/v1/jobs').send(outside).expect(400);
  assert.equal(errorCode(traversal), 'JOB_FOLDER_INVALID');
  const locked = await openApp(context, { BASIC_AUTH_USER: 'u', BASIC_AUTH_PASS: 'p' }, { jobs: queue });
  await request(locked.app).get('/v1/jobs').expect(401);
});

interface Stream {
  readonly response: IncomingMessage;
  readonly text: () => string;
  /** Resolves when that has come. */
  seen(pattern: RegExp): Promise<void>;
  readonly closed: Promise<unknown>;
}

async function openStream(context: test.TestContext, jobs: TestQueue['queue'], id: string): Promise<Stream> {
  const { app, services } = await openApp(context, {}, { jobs });
  const server = await listen(app, { host: '127.0.0.1', port: 0, drain: services.drain, drainTimeoutMs: 0 });
  context.after(() => server.stop());
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { 'Last-Event-ID': '99; nonsense' };
    get({ host: '127.0.0.1', port: server.port, path: `/v1/jobs/${id}/events`, headers }, resolve).on(
      'error',
      reject,
    );
  });
  let text = '';
  let notify = (): void => undefined;
  response
    .on('error', () => undefined)
    .on('data', (chunk: Buffer) => {
      text += chunk.toString();
      notify();
    });
  const closed = new Promise((resolve) => response.once('close', resolve));
  const seen = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(text)) await new Promise<void>((resolve) => (notify = resolve));
  };
  return { response, text: () => text, seen, closed };
}

test('events tell progress, show life while nothing happens, and end with the job', async (context) => {
  const opened = await openQueue(context);
  const { queue, clock, works, started } = opened;
  const { job } = await queue.enqueue({ ...BODY, delayMs: 0 });
  const stream = await openStream(context, queue, job.id);
  assert.match(stream.response.headers['content-type'] ?? '', /^text\/event-stream/);
  await stream.seen(/event: progress\ndata: .*"queued"/);
  clock.advance(HEARTBEAT_MS);
  await stream.seen(/: waiting\n\n/);
  await queue.start();
  await started(1);
  await works[0]?.context.save({ done: 1, total: 2, message: 'first' });
  await stream.seen(/"message":"first"/);
  works[0]?.finish(null);
  await stream.closed;
  assert.match(stream.text(), /id: \d+\nevent: end\ndata: .*"done".*\n\n$/);
});

test('a caller who leaves is forgotten, and the job goes on', async (context) => {
  const { queue, works, started, until } = await openQueue(context);
  const { job } = await queue.enqueue({ ...BODY, delayMs: 0 });
  let watching = 0;
  let notify = (): void => undefined;
  const counted: typeof queue = {
    ...queue,
    watch: (id, onChange) => {
      watching++;
      const end = queue.watch(id, onChange);
      return () => {
        watching--;
        end();
        notify();
      };
    },
  };
  const stream = await openStream(context, counted, job.id);
  await stream.seen(/queued/);
  assert.equal(watching, 1);
  const forgotten = new Promise<void>((resolve) => (notify = resolve));
  stream.response.destroy();
  await forgotten;
  assert.equal(watching, 0);
  await queue.start();
  await started(1);
  works[0]?.finish(null);
  await until(job.id, ({ state }) => state === 'done');
});

test('streams end when the server stops', async (context) => {
  const { queue } = await openQueue(context);
  const { job } = await queue.enqueue({ ...BODY, delayMs: 0 });
  const stream = await openStream(context, queue, job.id);
  await stream.seen(/queued/);
  await queue.stop();
  await stream.closed;
  assert.equal((await queue.get(job.id))?.state, 'queued');
});
