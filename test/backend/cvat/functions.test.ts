import assert from 'node:assert/strict';
import test from 'node:test';
import request from 'supertest';
import type { NuclioFunction } from '../../../src/backend/cvat/functions.js';
import { readFixture } from '../../support/fixtures.js';
import { keepingInference } from '../inline-inference.js';
import { HTTP_PORT, openCvatApp } from './open-cvat-app.js';
import { servingOnly } from '../serving-only.js';

interface Recorded {
  readonly request: { readonly path: string; readonly headers?: Readonly<Record<string, string>> };
}

const DISCOVERY = JSON.parse(readFixture('cvat/nuclio-discovery.json').toString()) as {
  readonly list: Recorded & { readonly answer: Readonly<Record<string, NuclioFunction>> };
  readonly get: Recorded;
  readonly unknown_function: Recorded & { readonly answer: { readonly status: number } };
};

const NAME = 'samrefiner-refine';

test('CVAT’s recorded question for the functions is answered with an object as Nuclio’s', async (context) => {
  const { app } = await openCvatApp(context);
  const { path, headers = {} } = DISCOVERY.list.request;
  const { body } = (await request(app).get(path).set(headers).expect(200)) as {
    body: Record<string, NuclioFunction>;
  };
  assert.deepEqual(Object.keys(body), [NAME, 'samrefiner-interactor']);
  const [ours, recorded] = [body[NAME], DISCOVERY.list.answer[NAME]];
  assert.ok(ours && recorded);
  assert.deepEqual({ ...ours.metadata, annotations: {} }, { ...recorded.metadata, annotations: {} });
  // What the recorded function said of itself and we do not: boxes, which would show it among the stock trackers.
  assert.deepEqual(ours.metadata.annotations, {
    ...recorded.metadata.annotations,
    version: '1',
    supported_shape_types: 'mask,polygon',
  });
  assert.deepEqual(ours.status, { state: 'ready', httpPort: HTTP_PORT });
  assert.equal(typeof ours.spec.description, 'string');
});

test('one function is answered alone, an unknown one with 404 and the reason in the reason phrase', async (context) => {
  const { app } = await openCvatApp(context);
  const list = (await request(app).get('/api/functions')).body as Record<string, NuclioFunction>;
  const one = await request(app)
    .get(`/api/functions/${NAME}`)
    .set(DISCOVERY.get.request.headers ?? {})
    .expect(200);
  assert.deepEqual(one.body, list[NAME]);
  const { request: unknown, answer } = DISCOVERY.unknown_function;
  await request(app).get(unknown.path).expect(answer.status);
});

test('the interactor says of itself what the recorded one did', async (context) => {
  const { app } = await openCvatApp(context);
  const name = 'samrefiner-interactor';
  const { metadata, spec } = (await request(app).get(`/api/functions/${name}`).expect(200))
    .body as NuclioFunction;
  const recorded = DISCOVERY.list.answer[name]?.metadata.annotations;
  assert.ok(recorded);
  const { help_message: help, ...annotations } = metadata.annotations;
  assert.deepEqual({ ...annotations, help_message: '', animated_gif: '' }, { ...recorded, help_message: '' });
  assert.ok(help && spec.description);
  // Any text, even "false", would count as true.
  assert.equal('startswith_box' in annotations, false);
});

test('while the model loads the function is listed as being built', async (context) => {
  const { app } = await openCvatApp(
    context,
    {},
    { models: servingOnly(keepingInference({ isReady: () => false })) },
  );
  const one = (await request(app).get(`/api/functions/${NAME}`).expect(200)).body as NuclioFunction;
  assert.equal(one.status.state, 'building');
});

test('what is not of Nuclio’s dashboard is not there', async (context) => {
  const { app } = await openCvatApp(context);
  await request(app).get('/health').expect(404);
  await request(app).get('/').expect(405).expect('Allow', 'POST');
  await request(app).delete('/api/functions').expect(405);
});
