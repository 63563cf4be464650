import assert from 'node:assert/strict';
import test from 'node:test';
import request from 'supertest';
import { openInBackground } from '../../src/backend/pending-inference.js';
import { RefinerError } from '../../src/errors.js';
import type { Inference } from '../../src/onnx/inference.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { keepingInference } from './inline-inference.js';
import { openApp } from './open-app.js';

const REQUEST = {
  image: new Uint8Array(),
  orientation: 'exif',
  shapes: [],
  options: PRESETS.official,
  lane: 'batch',
} as const;

test('until the model is loaded requests are refused with NOT_READY, then they are passed on', async () => {
  let finish: (inference: Inference) => void = () => undefined;
  const { inference, opened } = openInBackground(
    'lite-1',
    () =>
      new Promise((resolve) => {
        finish = resolve;
      }),
  );
  assert.equal(inference.modelVersion, 'lite-1');
  assert.equal(inference.isReady(), false);
  await assert.rejects(
    inference.refine(REQUEST, { deadlineMs: 1 }),
    (error: unknown) => error instanceof RefinerError && error.code === 'NOT_READY',
  );
  finish(keepingInference({ queued: 2 }));
  await opened;
  assert.equal(inference.isReady(), true);
  assert.equal(inference.queued, 2);
  assert.deepEqual((await inference.refine(REQUEST, { deadlineMs: 1 })).outcomes, []);
});

test('closing gives up the opening, and closes what was opened', async () => {
  let closed = 0;
  const close = (): Promise<void> => {
    closed++;
    return Promise.resolve();
  };
  const ready = openInBackground('lite-1', () => Promise.resolve(keepingInference({ close })));
  await ready.opened;
  await ready.inference.close();
  assert.equal(closed, 1);

  const endless = openInBackground(
    'lite-1',
    (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  );
  await endless.inference.close();
  await assert.rejects(endless.opened);
});

test('a model that is refused is told to who waits for it', async () => {
  const { opened, inference } = openInBackground('lite-1', () =>
    Promise.reject(new RefinerError('PACK_FILE_DAMAGED')),
  );
  await assert.rejects(opened, { code: 'PACK_FILE_DAMAGED' });
  await inference.close();
});

test('/predict answers 503 with Retry-After while the model is loading, /setup already answers', async (context) => {
  const { inference } = openInBackground('lite-1', () => new Promise(() => undefined));
  const { app } = await openApp(context, {}, { inference });
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
