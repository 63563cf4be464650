import express from 'express';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { jsonBody } from '../../src/backend/json-body.js';
import { JsonParser } from '../../src/backend/json-parser.js';
import { sendJson } from '../../src/backend/json-response.js';
import type { LargeAnswer, LargePost } from './post-from-thread.js';

const MAX_BLOCKED_MS = 50;
/** Other programs on the machine also take time away, so that the best of some attempts is judged. */
const ATTEMPTS = 4;

/** A server that reads a JSON body and, on `/echo`, answers with it. */
async function openServer(context: TestContext): Promise<number> {
  const parser = new JsonParser({ maxDepth: 100, maxNodes: 3_000_000 });
  const app = express();
  app.use(jsonBody(parser, 64 * 1024 * 1024));
  app.post('/echo', (req, res) => sendJson(res, req.body));
  app.post('/read', (_req, res) => sendJson(res, {}));
  const server = createServer(app).listen(0);
  await once(server, 'listening');
  context.after(async () => {
    server.close();
    await parser.close();
  });
  return (server.address() as AddressInfo).port;
}

/** The longest time in which the event loop did nothing else, while a thread posts a body. */
async function longestBlockMs(post: LargePost): Promise<{ answer: LargeAnswer; blockedMs: number }> {
  const thread = new Worker(new URL('./post-from-thread.js', import.meta.url), { workerData: post });
  await once(thread, 'message');
  let blockedMs = 0;
  let last = performance.now();
  let watching = true;
  const watch = (): void => {
    const now = performance.now();
    blockedMs = Math.max(blockedMs, now - last);
    last = now;
    if (watching) setImmediate(watch);
  };
  watch();
  const answered = once(thread, 'message');
  thread.postMessage('go');
  const [answer] = (await answered) as [LargeAnswer];
  watching = false;
  return { answer, blockedMs };
}

for (const [path, content, megabytes] of [
  ['/read', 'rle', 60],
  ['/read', 'points', 40],
  ['/read', 'text', 60],
  ['/echo', 'rle', 60],
  ['/echo', 'points', 20],
] as const) {
  test(`a body of ${megabytes} MB of ${content} to ${path} never holds up the event loop for ${MAX_BLOCKED_MS} ms`, async (context) => {
    const port = await openServer(context);
    const blocks: number[] = [];
    while (blocks.length < ATTEMPTS && Math.min(...blocks, Infinity) > MAX_BLOCKED_MS) {
      const { answer, blockedMs } = await longestBlockMs({ port, path, content, megabytes });
      assert.equal(answer.status, 200);
      assert.ok(path === '/read' || answer.bytes > megabytes * 900_000, `${answer.bytes} bytes`);
      blocks.push(blockedMs);
    }
    context.diagnostic(`blocked for ${blocks.map((ms) => ms.toFixed(1)).join(', ')} ms`);
    assert.ok(Math.min(...blocks) <= MAX_BLOCKED_MS, `blocked for ${blocks.join(', ')} ms`);
  });
}
