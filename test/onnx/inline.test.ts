import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';

import { RefinerError } from '../../src/errors.js';
import type { Inference } from '../../src/onnx/inference.js';
import { openInlineInference } from '../../src/onnx/inline.js';
import { LITE_PACK } from './open-pool.js';
import { discImage, requestFor, roughDisc } from './synthetic-image.js';

const SOON = { deadlineMs: 60_000 };

async function open(context: TestContext): Promise<Inference> {
  const settings = { packDirectory: LITE_PACK, threads: 1, cacheBytes: 64 << 20, maxPixels: 1e6 };
  const inference = await openInlineInference(settings);
  context.after(() => inference.close());
  return inference;
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof RefinerError && error.code === code;
}

test('requests are answered one after another and encode an image once', async (context) => {
  const inference = await open(context);
  const image = await discImage(1);
  const answers = await Promise.all([1, 2, 3].map(() => inference.refine(requestFor(image), SOON)));
  assert.deepEqual(
    answers.map(({ embeddingCached }) => embeddingCached),
    [false, true, true],
  );
  assert.ok((answers[2]?.times.queueMs ?? 0) > (answers[1]?.times.queueMs ?? 0));
  assert.equal(inference.queued, 0);
});

test('a request that is aborted, late or refused leaves the next one alone', async (context) => {
  const inference = await open(context);
  const image = await discImage(1);
  const long = requestFor(image, { shapes: Array.from({ length: 300 }, () => roughDisc()) });
  const abort = new AbortController();
  const requests = [
    inference.refine(long, { deadlineMs: 300 }),
    inference.refine(long, { ...SOON, signal: abort.signal }),
    inference.refine(requestFor(new Uint8Array()), SOON),
    inference.refine(requestFor(image), SOON),
  ];
  const settled = Promise.allSettled(requests);
  const reason = new Error('interrupted');
  abort.abort(reason);
  const [late, aborted, refused, last] = await settled;
  assert.ok(late?.status === 'rejected' && hasCode('DEADLINE_EXCEEDED')(late.reason));
  assert.ok(aborted?.status === 'rejected' && aborted.reason === reason);
  assert.ok(refused?.status === 'rejected' && hasCode('IMAGE_EMPTY')(refused.reason));
  assert.equal(last?.status, 'fulfilled');
});

test('closing ends the running request and refuses further ones', async (context) => {
  const inference = await open(context);
  const long = requestFor(await discImage(1), { shapes: Array.from({ length: 300 }, () => roughDisc()) });
  const running = assert.rejects(inference.refine(long, SOON), hasCode('DRAINING'));
  await inference.close();
  await running;
  assert.equal(inference.isReady(), false);
  await assert.rejects(inference.refine(long, SOON), hasCode('DRAINING'));
});
