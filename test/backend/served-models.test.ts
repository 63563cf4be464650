import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import request from 'supertest';
import { openModels } from '../../src/backend/open-models.js';
import { loadConfig } from '../../src/config.js';
import { discImage } from '../onnx/synthetic-image.js';
import { collectingLog, openApp, type TestApp } from './open-app.js';

/** Folder with packs `second`, of another version, and `damaged`, beside the program's own `lite`. */
async function modelsFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'samrefiner-models-'));
  context.after(() => rm(folder, { recursive: true }));
  for (const name of ['second', 'damaged']) {
    await cp('models/lite', join(folder, name), { recursive: true });
    const file = join(folder, name, 'pack.json');
    const manifest = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...manifest, name, version: '9.0.0' }));
  }
  await writeFile(join(folder, 'damaged', 'decoder.onnx'), 'not a graph');
  return folder;
}

async function openTwoModels(context: TestContext): Promise<TestApp> {
  const env = {
    SAMREFINER_MODEL: 'lite',
    SAMREFINER_SERVE: 'second, lite,damaged',
    SAMREFINER_MODELS_DIR: await modelsFolder(context),
    SAMREFINER_THREADS: '1',
  };
  const opened = await openModels(loadConfig(env), collectingLog('info').log);
  context.after(opened.close);
  await opened.defaultReady;
  return openApp(context, env, { models: opened.models });
}

const LABEL_CONFIG =
  '<View><Image name="i" value="$i"/><RectangleLabels name="s" toName="i"><Label value="B"/></RectangleLabels></View>';

async function predictBody(project: string): Promise<object> {
  const region = {
    id: 'a',
    from_name: 's',
    to_name: 'i',
    type: 'rectanglelabels',
    value: { x: 30, y: 20, width: 40, height: 50, rotation: 0, rectanglelabels: ['B'] },
    original_width: 320,
    original_height: 240,
  };
  const image = `data:image/png;base64,${Buffer.from(await discImage(1)).toString('base64')}`;
  const earlier = { id: 1, model_version: 'samrefiner-other-1', result: [region] };
  const rough = { id: 2, model_version: 'rough', result: [region] };
  const tasks = [{ id: 1, data: { i: image }, predictions: [rough, earlier] }];
  return { tasks, project, label_config: LABEL_CONFIG };
}

/** Asks until the model is loaded. */
async function untilReady(ask: () => request.Test): Promise<request.Response> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503) return answer;
    assert.equal((answer.body as { error: { code: string } }).error.code, 'NOT_READY');
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
  }
}

function setup(app: TestApp['app'], project: string, model?: string): request.Test {
  return request(app).post('/setup').send({ project, schema: LABEL_CONFIG, extra_params: JSON.stringify({ refine: { model } }) }); // prettier-ignore
}

function versionOf(answer: request.Response): string {
  return (answer.body as { model_version: string }).model_version;
}

test('two models are served at once: each project and each request gets the one it chooses', async (context) => {
  const { app, services, logged } = await openTwoModels(context);
  assert.deepEqual(services.models.all.map(({ name }) => name), ['lite', 'second', 'damaged']); // prettier-ignore
  const first = versionOf(await setup(app, '1').expect(200));
  const second = versionOf(await setup(app, '2', 'second').expect(200));
  assert.match(first, /^samrefiner-lite-/);
  assert.match(second, /^samrefiner-second-9\.0\.0\+/);
  assert.equal(services.models.get('second').inference.isReady(), false, 'nothing is loaded by /setup');

  for (const [project, version] of [
    ['2', second],
    ['1', first],
  ] as const) {
    // prettier-ignore
    const body = await predictBody(project);
    const answer = await untilReady(() => request(app).post('/predict').send(body));
    assert.equal(answer.status, 200, answer.text);
    const [prediction] = (answer.body as { results: { model_version: string; score: number | null }[] })
      .results;
    assert.equal(prediction?.model_version, version);
    assert.ok(prediction.score !== null, 'the shape was refined');
  }
  const health = await request(app).get('/health').expect(200);
  assert.equal(`samrefiner-${versionOf(health)}`, first);

  const image = `data:image/png;base64,${Buffer.from(await discImage(1)).toString('base64')}`;
  const ask = (model?: string): request.Test =>
    request(app)
      .post('/v1/refine')
      .send({ image, masks: [{ box: [96, 48, 128, 120] }], options: { model } });
  const models = await Promise.all([ask(), ask('lite'), ask('second')]);
  assert.deepEqual(
    models.map(({ body }) => `samrefiner-${(body as { model: string }).model}`),
    [first, first, second],
  );
  const { text } = await request(app).get('/metrics');
  assert.match(text, /samrefiner_ready\{model="second"\} 1/);
  assert.match(text, /samrefiner_ready\{model="damaged"\} 0/);

  const refused = await untilReady(() => ask('damaged'));
  assert.equal(refused.status, 500);
  assert.equal((refused.body as { error: { code: string } }).error.code, 'PACK_FILE_DAMAGED');
  await setup(app, '3', 'damaged').expect(200);
  const batch = await request(app).post('/predict').send(await predictBody('3')); // prettier-ignore
  assert.equal((batch.body as { error: { code: string } }).error.code, 'PACK_FILE_DAMAGED');
  await request(app).get('/readyz').expect(200);

  const unknown = await ask('sam-vit-h').expect(400);
  const { code, expected } = (unknown.body as { error: { code: string; expected: string } }).error;
  assert.deepEqual([code, expected], ['PACK_UNKNOWN', 'one of lite, second, damaged']);
  assert.equal(versionOf(await setup(app, '4', 'sam-vit-h').expect(200)), first);
  assert.match(
    logged(),
    /"project":"4","msg":"option ignored: refine.model: expected a served model \(lite, second, damaged\), received \\"sam-vit-h\\""/,
  );
});

test('a served name that is not installed, and two folders of one name, are refused at start', async (context) => {
  const folder = await modelsFolder(context);
  const { log } = collectingLog('info');
  const open = (served: string): Promise<unknown> =>
    openModels(loadConfig({ SAMREFINER_MODEL: 'lite', SAMREFINER_SERVE: served, SAMREFINER_MODELS_DIR: folder }), log); // prettier-ignore
  await assert.rejects(open('secnod'), { code: 'PACK_UNKNOWN' });
  await cp(join(folder, 'second'), join(folder, 'more', 'lite'), { recursive: true });
  await assert.rejects(open(join(folder, 'more', 'lite')), { code: 'CONFIG_INVALID' });
});
