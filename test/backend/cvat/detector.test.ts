import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Express } from 'express';
import request from 'supertest';
import { imageHash } from '../../../src/backend/cvat/frame-index.js';
import type { NuclioFunction } from '../../../src/backend/cvat/functions.js';
import { openProjectMasks } from '../../../src/backend/cvat/project-masks.js';
import type { StoredShape } from '../../../src/backend/cvat/rest/annotations.js';
import type { Services } from '../../../src/backend/services.js';
import { createCvatClient } from '../../../src/backend/cvat/rest/client.js';
import type { StoredMasks } from '../../../src/backend/cvat/stored-masks.js';
import { encodeCvatMask } from '../../../src/formats/cvat-mask.js';
import { openInlineInference } from '../../../src/onnx/inline.js';
import { maskFromBitmap } from '../../../src/refiner/mask.js';
import { iou } from '../../../src/refiner/metrics.js';
import { type CvatDouble, openCvatDouble } from '../../support/cvat-double.js';
import { readFixture } from '../../support/fixtures.js';
import { micrograph } from '../../support/micrograph.js';
import { servingOnly } from '../serving-only.js';
import { openCvatApp } from './open-cvat-app.js';

const NAMED = { 'x-nuclio-function-name': 'samrefiner-detector' } as const;
const PROJECT = 4;

interface Detected {
  readonly label: string;
  readonly type: string;
  readonly mask: readonly number[];
  readonly points: readonly number[];
  readonly confidence: string;
  readonly attributes: readonly object[];
  readonly group_id?: number;
}

interface Invocation {
  readonly id: string;
  readonly function_request: {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: { readonly image: string };
  };
}

async function openCvat(
  context: TestContext,
): Promise<{ readonly cvat: CvatDouble; readonly stored: StoredMasks }> {
  const cvat = await openCvatDouble();
  context.after(() => cvat.close());
  const client = createCvatClient({
    connection: { baseUrl: cvat.origin, headers: {} },
    verifyTls: true,
    maxImageBytes: 1e7,
  });
  const stored = openProjectMasks(client, [PROJECT]);
  context.after(() => stored.close());
  cvat.frame = (job, frame) => fileOf(`${job.task_id} ${frame}`);
  return { cvat, stored };
}

async function openWithModel(context: TestContext, storedMasks: StoredMasks): Promise<Express> {
  const inference = await openInlineInference({
    packDirectory: 'models/lite',
    threads: 1,
    cacheBytes: 2 ** 26,
    maxPixels: 1e7,
  });
  context.after(() => inference.close());
  return (await openCvatApp(context, {}, { models: servingOnly(inference), storedMasks })).app;
}

function fileOf(text: string): Uint8Array {
  return Buffer.from(text);
}

function detect(app: Express, file: Uint8Array, more: object = {}): request.Test {
  const image = Buffer.from(file).toString('base64');
  return request(app)
    .post('/api/function_invocations')
    .set(NAMED)
    .send({ image, ...more });
}

function shapeAt(frame: number, changes: Partial<StoredShape> = {}): Omit<StoredShape, 'id'> {
  return { type: 'mask', frame, label_id: 32, points: [0, 16, 2, 2, 5, 5], ...changes };
}

test('the detector is listed only where projects are named, with their labels that have masks', async (context) => {
  const { cvat, stored } = await openCvat(context);
  const { app: without } = await openCvatApp(context);
  await request(without).get('/api/functions/samrefiner-detector').expect(404);
  const breed = { id: 41, name: 'breed', input_type: 'text', values: [], default_value: '' };
  cvat.labels[0] = { id: 31, name: 'cat', type: 'any', attributes: [breed] };
  const { app } = await openCvatApp(context, {}, { storedMasks: stored });
  const list = (await request(app).get('/api/functions').expect(200)).body as Record<string, NuclioFunction>;
  const annotations = list['samrefiner-detector']?.metadata.annotations;
  assert.ok(annotations);
  assert.equal(annotations['type'], 'detector');
  assert.deepEqual(JSON.parse(annotations['spec'] ?? ''), [
    { name: 'cat', type: 'any', attributes: [{ name: 'breed', input_type: 'text', values: [] }] },
    { name: 'dog', type: 'mask', attributes: [] },
  ]);
});

test('while CVAT does not answer, the detector alone is missing in the list', async (context) => {
  const { cvat, stored } = await openCvat(context);
  cvat.interfere = () => ({ kind: 'answer', status: 401 });
  const { app } = await openCvatApp(context, {}, { storedMasks: stored });
  const list = (await request(app).get('/api/functions').expect(200)).body as object;
  assert.deepEqual(Object.keys(list), ['samrefiner-refine', 'samrefiner-interactor']);
  await request(app).get('/api/functions/samrefiner-detector').expect(404);
});

test('rough masks stored for a frame come back refined, found by the image alone', async (context) => {
  const { cvat, stored } = await openCvat(context);
  const { image, objects, ...size } = await micrograph();
  cvat.frame = (_, frame) => (frame === 1 ? image : fileOf(`frame ${frame}`));
  cvat.labels[0] = {
    ...{ id: 31, name: 'cat', type: 'any' },
    attributes: [{ ...{ id: 41, name: 'breed', input_type: 'text', values: [] }, default_value: 'none' }],
  };
  cvat.addJob({ id: 19, stop_frame: 2 });
  const attributes = [{ spec_id: 41, value: 'tabby' }];
  const [first, second, third] = objects;
  assert.ok(first && second && third);
  cvat.addShape(19, shapeAt(1, { label_id: 31, points: encodeCvatMask(first.rough), attributes, group: 3 }));
  cvat.addShape(19, shapeAt(1, { points: encodeCvatMask(second.rough) }));
  cvat.addShape(19, shapeAt(0, { points: encodeCvatMask(third.rough) }));
  cvat.addShape(19, shapeAt(1, { label_id: 31, type: 'polyline', points: [1, 1, 9, 9] }));
  const app = await openWithModel(context, stored);
  const { body } = (await detect(app, image).expect(200)) as { body: readonly Detected[] };
  assert.equal(body.length, 2);
  for (const [label, { rough, truth }] of [
    ['cat', first],
    ['dog', second],
  ] as const) {
    const found = body.find((one) => one.label === label);
    assert.ok(found);
    assert.equal(found.type, 'mask');
    assert.match(found.confidence, /^[01]\.\d\d$/);
    assert.ok(found.points.length >= 6);
    const [left = 0, top = 0, right = 0, bottom = 0] = found.mask.slice(-4);
    const crop = found.mask.slice(0, -4);
    assert.equal(crop.length, (right - left + 1) * (bottom - top + 1));
    const bitmap = new Uint8Array(size.width * size.height);
    for (const [i, value] of crop.entries()) {
      assert.ok(value === 0 || value === 1);
      const width = right - left + 1;
      bitmap[(top + Math.floor(i / width)) * size.width + left + (i % width)] = value;
    }
    const refined = maskFromBitmap(bitmap, size.width, size.height);
    assert.ok(iou(refined, truth) > iou(rough, truth) + 0.05);
  }
  assert.deepEqual(body.find(({ label }) => label === 'cat')?.attributes, [
    { name: 'breed', value: 'tabby' },
  ]);
  assert.equal(body.find(({ label }) => label === 'cat')?.group_id, 3);
  assert.deepEqual((await detect(app, image, { threshold: 1.1 }).expect(200)).body, []);
});

test('CVAT’s recorded calls of a detector are answered with a list, by way of the dashboard and direct', async (context) => {
  const { cvat, stored } = await openCvat(context);
  const all = JSON.parse(readFixture('cvat/other-invocations.json').toString()) as readonly Invocation[];
  const recorded = all.filter(({ id }) => id.includes('detector'));
  assert.equal(recorded.length, 6);
  cvat.frame = () => Buffer.from(recorded[0]?.function_request.body.image ?? '', 'base64');
  cvat.addJob({ id: 19 });
  cvat.addShape(19, shapeAt(0, { points: [0, 28 * 28, 16, 11, 43, 38] }));
  const app = await openWithModel(context, stored);
  for (const { path, headers, body } of recorded.map((one) => one.function_request)) {
    const named = (await request(app).post(path).set(headers).set(NAMED).send(body).expect(200))
      .body as unknown;
    assert.ok(Array.isArray(named));
    assert.deepEqual((await request(app).post('/').set(headers).send(body).expect(200)).body, named);
  }
});

test('an image of no project, one in two places and a job whose shapes are gone are refused; a frame without shapes is not', async (context) => {
  const { cvat, stored } = await openCvat(context);
  const { app } = await openCvatApp(context, {}, { storedMasks: stored });
  cvat.addJob({ id: 19, stop_frame: 2, deletedFrames: [2] });
  cvat.addJob({ id: 20, task_id: 8 });
  cvat.addJob({ id: 21, task_id: 9, project_id: 5 });
  cvat.addJob({ id: 22, task_id: 7, type: 'ground_truth', stop_frame: 2 });
  cvat.addJob({ id: 23, task_id: 10 });
  cvat.addJob({ id: 24, task_id: 11 });
  cvat.frame = ({ task_id }, frame) => fileOf(task_id >= 10 ? 'twin' : `${task_id} ${frame}`);
  const shape = cvat.addShape(19, shapeAt(0));
  // Kept by this inference, so that there is nothing better to add.
  assert.deepEqual((await detect(app, fileOf('7 0')).expect(200)).body, []);
  assert.deepEqual((await detect(app, fileOf('7 1')).expect(200)).body, []);
  await detect(app, fileOf('7 2')).expect(422);
  await detect(app, fileOf('9 0')).expect(422);
  await detect(app, fileOf('twin')).expect(409);
  // Of a task that never had a shape it cannot be told whether they were cleaned away.
  await detect(app, fileOf('8 0')).expect(409);
  await detect(app, fileOf('8 0')).expect(409);
  cvat.patch(19, 'delete', [shape]);
  await detect(app, fileOf('7 0')).expect(409);
  await detect(app, fileOf('7 1')).expect(409);
});

test('a frame that two overlapping jobs of a task show is one place', async (context) => {
  const { cvat, stored } = await openCvat(context);
  cvat.addJob({ id: 19, stop_frame: 2 });
  cvat.addJob({ id: 20, start_frame: 2, stop_frame: 4 });
  cvat.addShape(19, shapeAt(0));
  cvat.addShape(20, shapeAt(2));
  const { shapes: found } = await stored.find(imageHash(fileOf('7 2')), new AbortController().signal);
  assert.equal(found.length, 1);
});

test('every frame is read once, new jobs are found, and gone ones forgotten', async (context) => {
  const { cvat, stored } = await openCvat(context);
  const { app } = await openCvatApp(context, {}, { storedMasks: stored });
  cvat.addJob({ id: 19, stop_frame: 3 });
  cvat.addShape(19, shapeAt(0));
  for (const frame of [0, 1, 2, 3]) await detect(app, fileOf(`7 ${frame}`)).expect(200);
  cvat.addJob({ id: 20, task_id: 8, stop_frame: 1 });
  cvat.addShape(20, shapeAt(1));
  await detect(app, fileOf('8 1')).expect(200);
  const read = cvat.requests.filter(({ path }) => path.includes('/data?'));
  assert.equal(read.length, 6);
  cvat.jobs.delete(19);
  await detect(app, fileOf('nowhere')).expect(422);
  await detect(app, fileOf('7 0')).expect(422);
});

test('as long as the frames of the projects are being read the call says so, and reading goes on', async (context) => {
  const { cvat, stored } = await openCvat(context);
  const { app } = await openCvatApp(
    context,
    { SAMREFINER_PREDICT_DEADLINE_MS: '300' },
    { storedMasks: stored },
  );
  cvat.addJob({ id: 19, stop_frame: 1 });
  cvat.addShape(19, shapeAt(0));
  let goOn = (): void => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  cvat.frame = async (_, frame) => {
    await held;
    return fileOf(`7 ${frame}`);
  };
  const early = await detect(app, fileOf('7 0')).expect(503);
  assert.match(JSON.stringify(early.body), /1 of 2 images/);
  goOn();
  const find = (): Promise<number> => detect(app, fileOf('7 0')).then(({ status }) => status);
  let status = await find();
  while (status === 503) status = await find();
  assert.equal(status, 200);
  assert.equal(cvat.requests.filter(({ path }) => path.includes('/data?')).length, 2);
});

test('the detector chooses as the project of the frame has taught, else as the one that the settings name', async (context) => {
  const { cvat, stored } = await openCvat(context);
  const { image, objects } = await micrograph();
  const [first] = objects;
  assert.ok(first);
  cvat.frame = () => image;
  cvat.addJob({ id: 19 });
  cvat.addShape(19, shapeAt(0, { points: encodeCvatMask(first.rough) }));
  const askedFor = async (learned: readonly string[]): Promise<readonly string[]> => {
    const asked: string[] = [];
    const adapters: Services['adapters'] = {
      taught: (project, model) => {
        asked.push(project);
        return Promise.resolve(learned.includes(project) ? { ...model } : model);
      },
    };
    const env = { SAMREFINER_CVAT_ADAPTER: 'cells' };
    const { app } = await openCvatApp(context, env, { storedMasks: stored, adapters });
    await detect(app, image).expect(200);
    return asked;
  };
  assert.deepEqual(await askedFor(['cvat-4']), ['cvat-4']);
  assert.deepEqual(await askedFor([]), ['cvat-4', 'cells']);
});
