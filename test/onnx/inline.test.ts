import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';

import { RefinerError } from '../../src/errors.js';
import type { Inference } from '../../src/onnx/inference.js';
import { openInlineInference } from '../../src/onnx/inline.js';
import { PRESETS } from '../../src/refiner/presets.js';
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

test('shapes with options of their own are refined as in a request with these options', async (context) => {
  const inference = await open(context);
  const image = await discImage(1);
  const strict = { ...PRESETS.official, rounds: 1, accept: { ...PRESETS.official.accept, minAgreement: 1 } };
  const { prompts, accept, rounds, zoom } = strict;
  const shapes = [
    roughDisc(),
    { ...roughDisc(), options: { prompts, accept, rounds, zoom } },
    { ...roughDisc(), options: { prompts, accept: PRESETS.official.accept, rounds, zoom } },
    { ...roughDisc(), semantic: true },
    { ...roughDisc(), semantic: true, options: { prompts, accept, rounds, zoom } },
  ];
  const { outcomes } = await inference.refine(requestFor(image, { shapes, options: PRESETS.official }), SOON);
  const alone = async (index: number, options = PRESETS.official): Promise<unknown> => {
    const shape = { ...roughDisc(), semantic: index > 2 };
    const request = requestFor(image, { shapes: [shape], options });
    return (await inference.refine(request, SOON)).outcomes[0];
  };
  assert.deepEqual(outcomes[0], await alone(0));
  assert.deepEqual(outcomes[1], await alone(1, strict));
  assert.deepEqual(outcomes[2], await alone(2, { ...PRESETS.official, rounds: 1 }));
  assert.deepEqual(outcomes[3], await alone(3));
  assert.deepEqual(outcomes[4], await alone(4, strict));
  assert.equal(outcomes[0]?.status, 'refined');
  assert.equal(outcomes[1]?.status, 'kept');
});
