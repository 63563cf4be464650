import assert from 'node:assert/strict';
import express from 'express';
import request from 'supertest';
import test from 'node:test';
import * as handlers from '../../../src/backend/label-studio/handlers.js';
import { inMemoryProjectSettings } from '../../../src/backend/label-studio/project-settings.js';
import { readFixture } from '../../support/fixtures.js';
import * as batch from './batch-fixtures.js';

const VERSION = 'samrefiner-dilate-1';

function appFor(
  fixture: Pick<batch.RequestFixture, 'serve'> = {},
  projects = inMemoryProjectSettings(),
): express.Express {
  const dependencies = { ...batch.dependenciesFor(fixture), projects };
  const app = express();
  app.use(express.json({ limit: '10mb' }));
  app.post(
    '/predict',
    handlers.predictHandler(dependencies, (res, value) => void res.json(value)),
  );
  app.post('/setup', handlers.setupHandler(dependencies));
  app.get('/versions', handlers.versionsHandler(dependencies));
  app.post('/train', handlers.emptyHandler());
  return app;
}

function bodyOf(name: string): object {
  return batch.requestFixture(name).body;
}

function expected(name: string): unknown {
  return (
    JSON.parse(readFixture(`label-studio/responses/${name}.json`).toString('utf8')) as { body: unknown }
  ).body;
}

for (const name of ['setup-first', 'setup-older']) {
  test(`${name} is answered with the model version that predictions carry`, async () => {
    const answer = await request(appFor()).post('/setup').send(bodyOf(name)).expect(200);
    assert.deepEqual(answer.body, { ...(expected('setup') as object), model_version: VERSION });
  });
}

test('a project that chooses what is refined has a version of its own, and its predictions carry it', async () => {
  const projects = inMemoryProjectSettings();
  const setup = await request(appFor({}, projects))
    .post('/setup')
    .send(bodyOf('setup-extra-params'))
    .expect(200);
  const { model_version: version } = setup.body as { model_version: string };
  assert.match(version, new RegExp(`^${VERSION}-settings-[0-9a-f]{6}$`));
  const fixture = batch.requestFixture('predict-older');
  const answer = await request(appFor(fixture, projects)).post('/predict').send(fixture.body).expect(200);
  const { results } = answer.body as { results: readonly batch.Prediction[] };
  assert.equal(results[0]?.model_version, version);
});

test('setup and predict agree on the version of a configuration with hints, however setup is asked', async () => {
  const fixture = batch.requestFixture('predict-older');
  const label_config = fixture.body.label_config.replace('<BrushLabels', '<BrushLabels refine_rounds="3"');
  assert.notEqual(label_config, fixture.body.label_config);
  const app = appFor(fixture);
  const setup = await request(app).post('/setup').send({ project: '7.1', schema: label_config }).expect(200);
  const answer = await request(app)
    .post('/predict')
    .send({ ...fixture.body, label_config })
    .expect(200);
  const { results } = answer.body as { results: readonly batch.Prediction[] };
  assert.deepEqual(setup.body, { model_version: results[0]?.model_version });
  assert.match(JSON.stringify(setup.body), new RegExp(`${VERSION}-settings-`));
  const damaged = await request(app).post('/setup').send({ project: '7.1', schema: '<View' }).expect(200);
  assert.deepEqual(damaged.body, { model_version: VERSION });
});

test('setup remembers host, token and extra parameters, also those written as text', async () => {
  const projects = inMemoryProjectSettings();
  const app = appFor({}, projects);
  await request(app).post('/setup').send(bodyOf('setup-older'));
  assert.deepEqual(await projects.get('7'), {
    hostname: 'http://localhost:8080',
    accessToken: '0123456789abcdef0123456789abcdef01234567',
    extraParams: { model: 'sam-vit-b' },
  });
  await request(app).post('/setup').send(bodyOf('setup-extra-params'));
  const setting = await projects.get('7');
  assert.equal(setting?.accessToken, null);
  assert.deepEqual((setting.extraParams as { refine: unknown }).refine, {
    sources: ['predictions', 'annotations'],
    skip_labels: ['Panel'],
  });
});

test('nothing in a setup call makes it fail', async () => {
  const full = { get: () => Promise.resolve(null), set: () => Promise.reject(new Error('disk full')) };
  for (const body of [
    {},
    [],
    { project: 5, extra_params: '{' },
    { project: '7', hostname: {}, access_token: 3 },
  ]) {
    const answer = await request(appFor({}, full)).post('/setup').send(body).expect(200);
    assert.deepEqual(answer.body, { model_version: VERSION });
  }
});

test('versions lists the version of setup', async () => {
  const answer = await request(appFor()).get('/versions').expect(200);
  assert.deepEqual(answer.body, { ...(expected('versions') as object), versions: [VERSION] });
});

test('the training call of older servers is answered with an empty object', async () => {
  const answer = await request(appFor()).post('/train').send(bodyOf('train-older')).expect(200);
  assert.deepEqual(answer.body, {});
});

const INTERACTIVE = [
  'brush', 'data-uri', 'empty', 'keypoint-in-annotation', 'keypoint-in-draft', 'keypoint-in-prediction',
  'keypoint-unlabelled', 'keypoints-pos-neg', 'polygon', 'rectangle', 'rectangle-rotated', 'rectangle-unlabelled',
].map((name) => `predict-interactive-${name}`); // prettier-ignore
const PROMPT_LAYER = ['box', 'capabilities', 'point', 'release'].map(
  (name) => `predict-prompt-layer-${name}`,
);

for (const name of [...INTERACTIVE, ...PROMPT_LAYER]) {
  test(`${name} is answered with one object that has a list`, async () => {
    const fixture = batch.requestFixture(name);
    const answer = await request(appFor(fixture)).post('/predict').send(fixture.body).expect(200);
    const { results } = answer.body as { results: readonly { result?: unknown }[] };
    assert.equal(results.length, fixture.facts?.results_length ?? 1);
    assert.ok(!Array.isArray(results[0]) && Array.isArray(results[0]?.result));
    if (fixture.facts?.results) assert.deepEqual(results, fixture.facts.results);
  });
}

test('a batch is answered over HTTP with one entry a task, in the form that Label Studio stores', async () => {
  const fixture = batch.requestFixture('predict-batch-rough-predictions');
  const answer = await request(appFor(fixture)).post('/predict').send(fixture.body).expect(200);
  const { results } = answer.body as { results: readonly unknown[] };
  const form = (entry: unknown): unknown => (Array.isArray(entry) ? [] : Object.keys(entry as object).sort());
  const accepted = (expected('predict-batch') as { results: readonly unknown[] }).results.map(form);
  assert.deepEqual(results.map(form), [accepted[0], accepted[1], accepted[2], accepted[0]]);
});

test('the answer to nothing is the one that clears the suggestions', async () => {
  const answer = await request(appFor())
    .post('/predict')
    .send({ tasks: [{}], params: { context: {} } });
  assert.deepEqual(answer.body, expected('predict-interactive-nothing'));
});
