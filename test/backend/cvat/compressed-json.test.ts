import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import express from 'express';
import { sendCompressedJson } from '../../../src/backend/cvat/compressed-json.js';

/** Asks a server that answers with the value; the connection is closed after the test. */
async function ask(context: TestContext, value: unknown, encoding: string): Promise<IncomingMessage> {
  const app = express().get('/', (req, res) => sendCompressedJson(req, res, value));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const asked = get({ port, host: '127.0.0.1', headers: { 'accept-encoding': encoding } });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

async function bytesOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const MASK = { mask: Array.from({ length: 700 }, () => new Uint8Array(900)) };

test('a full-frame mask is gzipped for who takes that, to a hundredth', async (context) => {
  const response = await ask(context, MASK, 'gzip, deflate');
  assert.equal(response.headers['content-encoding'], 'gzip');
  const compressed = await bytesOf(response);
  const plain = gunzipSync(compressed);
  assert.ok(compressed.length * 100 < plain.length, `${compressed.length} of ${plain.length}`);
  const { mask } = JSON.parse(plain.toString()) as { mask: number[][] };
  assert.deepEqual(mask, Array<number[]>(700).fill(Array<number>(900).fill(0)));
});

test('short answers, and those for others, are not', async (context) => {
  const short = await ask(context, { shapes: [null] }, 'gzip');
  assert.equal(short.headers['content-encoding'], undefined);
  assert.equal((await bytesOf(short)).toString(), '{"shapes":[null]}');
  const plain = await ask(context, MASK, 'identity');
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal((await bytesOf(plain)).length, 700 * (2 * 900 + 2) + '{"mask":[]}'.length - 1);
});

test('a caller who goes away ends the answer without a fault', async (context) => {
  let ended: Promise<void> | undefined;
  const noise = Array.from({ length: 3000 }, (_, i) => randomBytes(2000 + (i % 7)).toString('base64'));
  const app = express().get('/', (req, res) => (ended = sendCompressedJson(req, res, noise)));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const asked = get({ port, host: '127.0.0.1', headers: { 'accept-encoding': 'gzip' } });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.destroy();
  assert.equal(await ended, undefined);
});
