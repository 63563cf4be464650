import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { startServer } from '../support/server-process.js';

const LITE_PACK = 'models/lite';

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`the server listens at once, is ready with the model it named, and ${signal} ends it with code 0`, async (context) => {
    const server = await startServer(context);
    const { port, model } = await server.logged('listening, loading the model');
    const health = await fetch(`http://127.0.0.1:${String(port)}/health`);
    assert.equal(health.status, 200);
    const { model: started } = await server.logged('worker started');
    assert.equal(started, model);
    await server.logged('ready');
    assert.equal((await fetch(`http://127.0.0.1:${String(port)}/readyz`)).status, 200);
    server.signal(signal);
    await server.logged('stopped');
    assert.deepEqual(await server.exited, { code: 0, errors: '' });
  });
}

test('a damaged pack ends the process with code 1 and says so', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'samrefiner-pack-'));
  context.after(() => rm(folder, { recursive: true }));
  await cp(LITE_PACK, folder, { recursive: true });
  await writeFile(join(folder, 'decoder.onnx'), 'not a graph');
  const server = await startServer(context, { SAMREFINER_MODEL: folder });
  assert.deepEqual(await server.exited, { code: 1, errors: 'PACK_FILE_DAMAGED' });
});

test('a port that is taken and a mistyped setting end the process with code 1', async (context) => {
  const first = await startServer(context);
  const { port } = await first.logged('listening, loading the model');
  const second = await startServer(context, { PORT: String(port) });
  const { code, errors } = await second.exited;
  assert.equal(code, 1);
  assert.match(errors, /EADDRINUSE/);
  const third = await startServer(context, { SAMREFINER_MODLE: 'lite' });
  assert.deepEqual(await third.exited, { code: 1, errors: 'CONFIG_INVALID' });
});

/** A port that is taken until it is released. */
async function holdPort(context: TestContext): Promise<{ port: number; release: () => Promise<void> }> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const release = async (): Promise<void> => {
    if (!holder.listening) return;
    holder.close();
    await once(holder, 'close');
  };
  context.after(release);
  return { port: (holder.address() as AddressInfo).port, release };
}

test('CVAT finds its functions on a port of their own, which ends with the server', async (context) => {
  const { port, release } = await holdPort(context);
  await release();
  const server = await startServer(context, { SAMREFINER_CVAT_PORT: String(port) });
  await server.logged('listening for CVAT');
  await server.logged('ready');
  const response = await fetch(`http://127.0.0.1:${String(port)}/api/functions`);
  const functions = (await response.json()) as Record<string, { status: { httpPort: number } }>;
  assert.equal(functions['samrefiner-refine']?.status.httpPort, port);
  server.signal('SIGTERM');
  await server.logged('stopped');
  assert.deepEqual(await server.exited, { code: 0, errors: '' });
});

test('a port for CVAT that is taken is told and keeps nobody else from working', async (context) => {
  const { port } = await holdPort(context);
  const server = await startServer(context, { SAMREFINER_CVAT_PORT: String(port) });
  const { err } = await server.logged('not listening for CVAT');
  assert.match(JSON.stringify(err), /EADDRINUSE/);
  const { port: main } = await server.logged('listening, loading the model');
  assert.equal((await fetch(`http://127.0.0.1:${String(main)}/livez`)).status, 200);
  server.signal('SIGTERM');
  assert.deepEqual(await server.exited, { code: 0, errors: '' });
});
