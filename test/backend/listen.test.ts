import express, { type Express } from 'express';
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import test, { type TestContext } from 'node:test';
import { createDrain } from '../../src/backend/drain.js';
import { listen, type RunningServer } from '../../src/backend/listen.js';
import { refuseWhileDraining } from '../../src/backend/refuse-while-draining.js';
import { requestSignal } from '../../src/backend/request-signal.js';
import { errorResponse } from '../../src/backend/error-response.js';
import { RefinerError } from '../../src/errors.js';
import { collectingLog } from './open-app.js';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A door that a request waits behind until the test opens it. */
function createDoor(): { readonly opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

interface TestServer {
  readonly server: RunningServer;
  /** Resolves when a request has reached `/slow`, with its signal. */
  readonly arrived: Promise<AbortSignal>;
  readonly release: () => void;
}

/** A server with an address `/slow` that answers when it is released. */
async function openServer(context: TestContext, drainTimeoutMs: number): Promise<TestServer> {
  const drain = createDrain();
  const door = createDoor();
  let arrive: (signal: AbortSignal) => void = () => undefined;
  const arrived = new Promise<AbortSignal>((resolve) => {
    arrive = resolve;
  });
  const app: Express = express();
  app.use(refuseWhileDraining(drain));
  app.get('/slow', async (req, res) => {
    arrive(requestSignal(req, res));
    await door.opened;
    res.json({ done: true });
  });
  app.get('/livez', (_req, res) => res.json({}));
  app.use(errorResponse(collectingLog('silent').log));
  const server = await listen(app, { host: '127.0.0.1', port: 0, drain, drainTimeoutMs });
  context.after(() => server.stop());
  return { server, arrived, release: door.open };
}

function get(port: number, path: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ port, path, agent: agent ?? false }, (response) => {
      response
        .resume()
        .on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
    })
      .on('error', reject)
      .end();
  });
}

test('stopping lets the request in progress finish and sends new ones away', async (context) => {
  const { server, arrived, release } = await openServer(context, 60_000);
  const keptAlive = new Agent({ keepAlive: true });
  context.after(() => keptAlive.destroy());
  assert.equal((await get(server.port, '/livez', keptAlive)).status, 200);

  const slow = get(server.port, '/slow');
  await arrived;
  const stopped = server.stop();
  for (const agent of [keptAlive, undefined]) {
    const refused = await get(server.port, '/slow', agent);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers['connection'], 'close');
    assert.match(String(refused.headers['retry-after']), /^\d+$/);
  }
  assert.equal((await get(server.port, '/livez')).status, 200);

  release();
  assert.equal((await slow).status, 200);
  assert.equal(await stopped, true);
  await assert.rejects(get(server.port, '/livez'), { code: 'ECONNREFUSED' });
});

test('a request that does not finish in time is broken off and its signal aborts', async (context) => {
  const { server, arrived } = await openServer(context, 10);
  const slow = get(server.port, '/slow');
  const brokenOff = assert.rejects(slow, { code: 'ECONNRESET' });
  const signal = await arrived;
  assert.equal(await server.stop(), false);
  await brokenOff;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  assert.ok(signal.reason instanceof RefinerError);
  assert.equal(signal.reason.code, 'ABORTED');
});

test('a caller who goes away aborts the signal of the request', async (context) => {
  const { server, arrived } = await openServer(context, 10);
  const slow = request({ port: server.port, path: '/slow' });
  slow.on('error', () => undefined).end();
  const signal = await arrived;
  assert.equal(signal.aborted, false);
  slow.destroy();
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  assert.ok(signal.reason instanceof RefinerError && signal.reason.code === 'ABORTED');
});

test('an answer that is complete does not abort the signal', async (context) => {
  const { server, arrived, release } = await openServer(context, 10);
  release();
  await get(server.port, '/slow');
  const signal = await arrived;
  await server.stop();
  assert.equal(signal.aborted, false);
});

test('a port that is taken rejects with the reason of the system', async (context) => {
  const { server } = await openServer(context, 10);
  const settings = { host: '127.0.0.1', port: server.port, drain: createDrain(), drainTimeoutMs: 0 };
  await assert.rejects(listen(express(), settings), { code: 'EADDRINUSE' });
});
