import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect } from 'node:net';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import request, { type Response } from 'supertest';
import { listen } from '../../src/backend/listen.js';
import { MEBIBYTE, openApp, type TestApp } from '../backend/open-app.js';
import { keepingInference } from '../backend/inline-inference.js';
import { servingOnly } from '../backend/serving-only.js';

const JSON_TYPE = 'application/json';
const errorOf = (response: Response): { code: string; expected?: string; received?: string } => {
  assert.match(response.type, /application\/json/);
  return (response.body as { error: { code: string } }).error;
};

async function post(app: TestApp['app'], body: string, type = JSON_TYPE): Promise<Response> {
  return request(app).post('/predict').set('Content-Type', type).send(body);
}

test('bodies that are not JSON are refused with 400', async (context) => {
  const { app } = await openApp(context);
  for (const body of ['', '{', '<xml/>', '{"a":1}}', "{'a':1}", '\u0000', '[1,2', 'NaN', '{"a":01}']) {
    const refused = await post(app, body);
    assert.equal(refused.status, 400, JSON.stringify(body));
    assert.equal(errorOf(refused).code, 'BODY_NOT_JSON');
  }
});

test('JSON of another form than a task list is refused with 400, never 500', async (context) => {
  const { app } = await openApp(context);
  for (const body of ['null', '1', '"tasks"', '[]', '{"tasks":3}', '{"tasks":null}', '{"label_config":{}}']) {
    const refused = await post(app, body);
    assert.equal(refused.status, 400, body);
  }
});

test('other media types are refused, so that a foreign web page cannot post unasked', async (context) => {
  const { app } = await openApp(context);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const refused = await post(app, '{"tasks":[]}', type);
    assert.equal(refused.status, 415, type);
    assert.equal(errorOf(refused).code, 'BODY_TYPE');
  }
});

test('nesting of 200 levels is refused with the limit named', async (context) => {
  const { app } = await openApp(context);
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const refused = await post(app, `${open.repeat(200)}1${close.repeat(200)}`);
    assert.equal(refused.status, 400);
    assert.equal(errorOf(refused).code, 'BODY_TOO_DEEP');
    assert.match(errorOf(refused).expected ?? '', /100 levels/);
  }
  // Deep enough to end a process that recurses without asking.
  assert.equal((await post(app, '['.repeat(1_000_000))).status, 400);
});

test('a body of 65 MB is refused with 413 and the limit, on the announced length', async (context) => {
  const { app } = await openApp(context);
  const refused = await post(app, ' '.repeat(65 * MEBIBYTE));
  assert.equal(refused.status, 413);
  assert.equal(errorOf(refused).code, 'BODY_TOO_LARGE');
  assert.equal(errorOf(refused).expected, `at most ${64 * MEBIBYTE} bytes`);
});

test('a body without an announced length is refused as soon as it is too long', async (context) => {
  const { app } = await openApp(context, { SAMREFINER_MAX_BODY_MB: '1' });
  const sending = request(app).post('/predict').set('Content-Type', JSON_TYPE);
  for (let part = 0; part < 20; part++) sending.write(Buffer.alloc(100_000, 0x20));
  const refused = await sending;
  assert.equal(refused.status, 413);
});

test('compressed bodies are refused instead of being inflated', async (context) => {
  const { app } = await openApp(context);
  const bomb = gzipSync(Buffer.alloc(100 * MEBIBYTE, 0x20));
  const sending = request(app)
    .post('/predict')
    .set('Content-Type', JSON_TYPE)
    .set('Content-Encoding', 'gzip');
  sending.write(bomb);
  const refused = await sending;
  assert.equal(refused.status, 415);
  assert.equal(errorOf(refused).code, 'BODY_ENCODING');
});

test('keys meant to change prototypes change nothing', async (context) => {
  const { app } = await openApp(context);
  const pollution = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"tasks":[]}';
  await post(app, pollution);
  await post(app, `{"padding":"${'x'.repeat(1.1 * MEBIBYTE)}",${pollution.slice(1)}`);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('bytes that are not HTTP get a JSON answer and a closed connection', async (context) => {
  const { port } = await listening(context);
  const socket = connect(port);
  socket.write('GET / HTTP/1.1\r\nBad Header\r\n\r\n');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const answer = Buffer.concat(chunks).toString();
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.equal(
    typeof (JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as { detail: unknown }).detail,
    'string',
  );
});

test('what is full is refused with 503 before its body is read', async (context) => {
  const { app, services } = await openApp(context, { SAMREFINER_MAX_REQUESTS: '1' });
  const leave = services.admission.enter('predict', 1);
  const refused = await post(app, '{ this is never parsed');
  assert.equal(refused.status, 503);
  assert.equal(errorOf(refused).code, 'QUEUE_FULL');
  assert.match(refused.headers['retry-after'] ?? '', /^\d+$/);
  leave();
  assert.equal((await post(app, '{ now it is')).status, 400);
});

test('a caller who goes away in the middle of a body leaves room behind', async (context) => {
  const { port, services } = await listening(context, { SAMREFINER_MAX_REQUESTS: '1' });
  const socket = connect(port);
  socket.write(
    'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"ta',
  );
  await until(() => services.drain.inProgress() === 1);
  socket.destroy();
  await until(() => services.drain.inProgress() === 0);
  const leave = services.admission.enter('predict', 1);
  leave();
});

async function listening(
  context: TestContext,
  env: Record<string, string> = {},
): Promise<{ port: number; services: TestApp['services'] }> {
  const { app, services } = await openApp(context, env, { models: servingOnly(keepingInference()) });
  const server = await listen(app, {
    host: '127.0.0.1',
    port: 0,
    drain: services.drain,
    drainTimeoutMs: 0,
  });
  context.after(() => server.stop());
  return { port: server.port, services };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}
