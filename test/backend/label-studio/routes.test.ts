import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import request from 'supertest';
import test from 'node:test';
import { openApp } from '../open-app.js';
import * as batch from './batch-fixtures.js';
import { dilatingInference } from './dilating-inference.js';
import { servingOnly } from '../serving-only.js';

const VERSION = 'samrefiner-dilate-1';

test('a batch goes through the whole app, and brushes come back as arrays of bytes', async (context) => {
  const fixture = batch.requestFixture('predict-batch-rough-predictions');
  const images = batch.servedImages(fixture.serve);
  const { app } = await openApp(context, {}, { models: servingOnly(dilatingInference()), images });
  const answer = await request(app).post('/predict').send(fixture.body).expect(200);
  const { results } = answer.body as { results: readonly batch.Prediction[] };
  assert.equal(results.length, 4);
  assert.deepEqual(results[2], []);
  const rle = results[0]?.result[0]?.value['rle'];
  assert.ok(Array.isArray(rle) && rle.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255));
  const setup = await request(app).post('/setup').send({ project: '7.1' }).expect(200);
  assert.deepEqual(setup.body, { model_version: results[0]?.model_version });
});

test('a large mask, which the parser packs, is refined like a small one', async (context) => {
  const fixture = batch.requestFixture('predict-older');
  const padding = 'x'.repeat(2 * 1024 * 1024);
  const inference = dilatingInference();
  const { app } = await openApp(
    context,
    {},
    { models: servingOnly(inference), images: batch.servedImages() },
  );
  const small = await request(app).post('/predict').send(fixture.body).expect(200);
  const large = await request(app)
    .post('/predict')
    .send({ ...fixture.body, padding })
    .expect(200);
  assert.deepEqual(large.body, small.body);
  const refined = inference.requests.filter(({ shapes }) => shapes.length > 0);
  assert.equal(refined.length, 2);
});

test('what setup says is kept on disk beside the adapters, and never logged', async (context) => {
  const { app, services, logged } = await openApp(context);
  const { body } = batch.requestFixture('setup-first') as unknown as { body: { access_token: string } };
  await request(app).post('/setup').send(body).expect(200);
  const file = await readFile(join(services.config.adaptersDir, 'label-studio-projects.json'), 'utf8');
  assert.match(file, /http:\/\/localhost:8080/);
  assert.ok(file.includes(body.access_token));
  assert.ok(!logged().includes(body.access_token));
});

test('every endpoint of Label Studio answers JSON with its methods, and 405 to others', async (context) => {
  const { app } = await openApp(context, {}, { models: servingOnly(dilatingInference()) });
  for (const path of ['/train', '/validate', '/delete', '/duplicate_model', '/job_status']) {
    assert.deepEqual((await request(app).post(path).send({ project: '7.1' }).expect(200)).body, {});
    await request(app).get(path).expect(405);
  }
  for (const versions of [request(app).get('/versions'), request(app).post('/versions')]) {
    assert.deepEqual((await versions.expect(200)).body, { versions: [VERSION] });
  }
  await request(app).get('/predict').expect(405).expect('Allow', 'POST');
  await request(app).post('/webhook').send({ action: 'START_TRAINING' }).expect(201);
  await request(app).post('/predict').send({ no: 'tasks' }).expect(400);
});

test('the source that the server is set to is the one refined', async (context) => {
  const fixture = batch.requestFixture('predict-older');
  const changes = { models: servingOnly(dilatingInference()), images: batch.servedImages() };
  const { app } = await openApp(context, { SAMREFINER_SOURCE: 'annotations' }, changes);
  const answer = await request(app).post('/predict').send(fixture.body).expect(200);
  assert.deepEqual(answer.body, { results: [[]] });
});

test('when Label Studio hangs up, the images that are being fetched are given up', async (context) => {
  const fixture = batch.requestFixture('predict-older');
  const caller = new AbortController();
  const givenUp = new Promise<unknown>((resolve) => {
    const images = {
      load: (_value: string, _context: object, signal: AbortSignal): Promise<Uint8Array> => {
        signal.addEventListener('abort', () => resolve(signal.reason));
        caller.abort();
        return new Promise(() => undefined);
      },
    };
    void openApp(context, {}, { models: servingOnly(dilatingInference()), images }).then(async ({ app }) => {
      const server = app.listen(0, '127.0.0.1');
      context.after(() => server.close());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const headers = { 'Content-Type': 'application/json' };
      const call = { method: 'POST', headers, body: JSON.stringify(fixture.body), signal: caller.signal };
      await fetch(`http://127.0.0.1:${port}/predict`, call).catch(() => undefined);
    });
  });
  assert.equal(((await givenUp) as { code: string }).code, 'ABORTED');
});
