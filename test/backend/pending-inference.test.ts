import assert from 'node:assert/strict';
import test from 'node:test';
import request from 'supertest';
import { PendingInference } from '../../src/backend/pending-inference.js';
import { RefinerError } from '../../src/errors.js';
import type { Inference } from '../../src/onnx/inference.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { keepingInference } from './inline-inference.js';
import { openApp } from './open-app.js';
import { servingOnly } from './serving-only.js';

const REQUEST = {
  image: new Uint8Array(),
  orientation: 'exif',
  shapes: [],
  options: PRESETS.official,
  lane: 'batch',
} as const;

test('nothing is opened until it is needed; then requests are refused with NOT_READY until it is there', async () => {
  let finish: (inference: Inference) => void = () => undefined;
  let openings = 0;
  const inference = new PendingInference('lite-1', () => {
    openings += 1;
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  assert.equal(inference.modelVersion, 'lite-1');
  assert.equal(inference.isReady(), false);
  assert.equal(openings, 0);
  await assert.rejects(inference.refine(REQUEST, { deadlineMs: 1 }), { code: 'NOT_READY' });
  assert.throws(() => inference.requireReady(), { code: 'NOT_READY' });
  assert.equal(openings, 1);
  finish(keepingInference({ queued: 2 }));
  await inference.open();
  assert.equal(inference.isReady(), true);
  inference.requireReady();
  assert.equal(inference.queued, 2);
  assert.deepEqual((await inference.refine(REQUEST, { deadlineMs: 1 })).outcomes, []);
  assert.equal(openings, 1);
});

test('closing gives up the opening, closes what was opened, and opens nothing afterwards', async () => {
  let closed = 0;
  const close = (): Promise<void> => {
    closed++;
    return Promise.resolve();
  };
  const ready = new PendingInference('lite-1', () => Promise.resolve(keepingInference({ close })));
  await ready.open();
  await ready.close();
  assert.equal(closed, 1);

  const endless = new PendingInference(
    'lite-1',
    (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  );
  const opened = endless.open();
  await endless.close();
  await assert.rejects(opened, { code: 'ABORTED' });

  const unused = new PendingInference('lite-1', () => Promise.reject(new Error('opened')));
  await unused.close();
  await assert.rejects(unused.refine(REQUEST, { deadlineMs: 1 }), { code: 'DRAINING' });
});

test('a model that is refused is told to who waits for it and to every request', async () => {
  const inference = new PendingInference('lite-1', () =>
    Promise.reject(new RefinerError('PACK_FILE_DAMAGED')),
  );
  await assert.rejects(inference.open(), { code: 'PACK_FILE_DAMAGED' });
  assert.throws(() => inference.requireReady(), { code: 'PACK_FILE_DAMAGED' });
  await assert.rejects(inference.refine(REQUEST, { deadlineMs: 1 }), { code: 'PACK_FILE_DAMAGED' });
  await inference.close();
});

test('a failure that may pass is tried again by the next request', async () => {
  let openings = 0;
  const inference = new PendingInference('lite-1', () => {
    openings += 1;
    return openings === 1
      ? Promise.reject(new RefinerError('WORKER_LOST'))
      : Promise.resolve(keepingInference());
  });
  await assert.rejects(inference.open(), { code: 'WORKER_LOST' });
  assert.throws(() => inference.requireReady(), { code: 'NOT_READY' });
  await inference.open();
  inference.requireReady();
  assert.equal(openings, 2);
});

test('/predict answers 503 with Retry-After while the model is loading, /setup already answers', async (context) => {
  const inference = new PendingInference('lite-1', () => new Promise(() => undefined));
  const { app } = await openApp(context, {}, { models: servingOnly(inference) });
  const region = {
    id: 'a',
    from_name: 's',
    to_name: 'i',
    type: 'rectanglelabels',
    value: { x: 1, y: 1, width: 9, height: 9, rotation: 0, rectanglelabels: ['B'] },
    original_width: 9,
    original_height: 9,
  };
  const label_config =
    '<View><Image name="i" value="$i"/><RectangleLabels name="s" toName="i"><Label value="B"/></RectangleLabels></View>';
  const tasks = [{ id: 1, data: { i: 'data:,x' }, annotations: [{ id: 2, result: [region] }] }];
  const refused = await request(app).post('/predict').send({ tasks, project: '1.1', label_config });
  assert.equal(refused.status, 503, refused.text);
  assert.match(refused.headers['retry-after'] ?? '', /^\d+$/);
  await request(app).post('/setup').send({ project: '1.1', schema: label_config }).expect(200);
});
