import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import request, { type Response } from 'supertest';
import test, { type TestContext } from 'node:test';
import { createImageFetcher } from '../../../src/backend/fetch-image.js';
import { createImageSource } from '../../../src/backend/label-studio/image-source.js';
import { readFixture } from '../../support/fixtures.js';
import { bytes, openImageHost } from '../../support/image-host.js';
import { type LabelStudioDouble, openLabelStudio } from '../../support/label-studio/open-label-studio.js';
import { LEGACY_TOKEN, PERSONAL_TOKEN } from '../../support/label-studio/tokens.js';
import { openApp, type TestApp } from '../open-app.js';
import { servingOnly } from '../serving-only.js';
import { imageFixture, type Item, type RequestFixture } from './batch-fixtures.js';
import { dilatingInference } from './dilating-inference.js';

/** Requests as Label Studio sends them. */
const RECORDED = readdirSync('test/fixtures/label-studio/requests').sort();

type Recorded = RequestFixture & { readonly headers: Readonly<Record<string, string>> };

function recorded(file: string): Recorded {
  return JSON.parse(readFixture(`label-studio/requests/${file}`).toString()) as Recorded;
}

interface Opened extends TestApp {
  readonly double: LabelStudioDouble;
}

/** The whole app, set up for a Label Studio that has the images of the fixture. */
async function open(
  context: TestContext,
  serve: Readonly<Record<string, string>> = {},
  apiKey = PERSONAL_TOKEN,
): Promise<Opened> {
  const double = await openLabelStudio(context);
  for (const [address, file] of Object.entries(serve)) {
    double.state.uploads.set(address.replace('/data/', ''), imageFixture(file.replace('images/', '')));
  }
  const fetcher = createImageFetcher({
    maxBytes: 1e6,
    timeoutMs: 10_000,
    allowedOrigins: [new URL(double.origin).origin],
    verifyTls: true,
  });
  context.after(() => fetcher.close());
  const settings = { labelStudioUrl: double.origin, apiKey, localFilesRoot: null };
  const images = createImageSource(settings, fetcher, { warn: () => undefined });
  const opened = await openApp(context, {}, { models: servingOnly(dilatingInference()), images, fetcher });
  return { ...opened, double };
}

async function replay({ app }: TestApp, { method, path, headers, body }: Recorded): Promise<Response> {
  const call = method === 'GET' ? request(app).get(path) : request(app).post(path);
  for (const [name, value] of Object.entries(headers)) call.set(name, value);
  return method === 'GET' ? call : call.send(JSON.stringify(body));
}

for (const file of RECORDED) {
  test(`${file} is answered with JSON, and in time`, async (context) => {
    const fixture = recorded(file);
    const opened = await open(context, fixture.serve);
    const start = performance.now();
    const answer = await replay(opened, fixture);
    assert.ok(answer.ok, answer.text);
    assert.equal(typeof answer.body, 'object');
    // Label Studio's own limits are 1 s and more; this machine may be busy with other tests.
    assert.ok(performance.now() - start < 20_000);
    const { results } = answer.body as { results?: readonly unknown[] };
    const { results_length: length } = fixture.facts ?? {};
    if (length !== undefined) assert.equal(results?.length, length);
  });
}

test('every region that a recorded batch has to refine comes back refined, under its id, type and label', async (context) => {
  for (const file of RECORDED.filter((name) => name.startsWith('predict-batch'))) {
    const fixture = recorded(file);
    const answer = await replay(await open(context, fixture.serve), fixture);
    const { results } = answer.body as { results: readonly { result?: readonly Item[] }[] };
    for (const [index, task] of fixture.body.tasks.entries()) {
      for (const fact of fixture.facts?.refinable?.[task.id] ?? []) {
        const items = (results[index]?.result ?? []).filter((item) => 'value' in item);
        const labels = JSON.stringify([fact.label]);
        const labelled = items.filter(({ type, value }) => JSON.stringify(value[type]) === labels);
        assert.ok(labelled.length > 0, `${file}: ${fact.id}`);
        // Boxes and ellipses become masks, under a new id.
        if (fact.type === 'rectanglelabels' || fact.type === 'ellipselabels') continue;
        assert.ok(
          labelled.some(({ id, type }) => id === fact.id && type === fact.type),
          `${file}: ${fact.id}`,
        );
      }
    }
  }
});

test('images come from wherever tasks say, with the token to Label Studio alone, and bad ones fail alone', async (context) => {
  const store = await openImageHost(context, bytes(imageFixture('shapes-160x120.png')));
  const opened = await openWithStore(context, store.origin);
  const answer = await replay(opened, withRoughBoxes(recorded('predict-batch-sources.json')));
  const { results } = answer.body as { results: readonly unknown[] };
  const refined = results.map((entry) => !Array.isArray(entry));
  // In order: two uploads, a local file, three stores, a web address that is not there, a data URI, a path outside.
  assert.deepEqual(refined, [true, true, true, true, true, true, false, true, false]);
  assert.deepEqual(
    store.received.map(({ url, authorization }) => [url, authorization]),
    [['/signed/shapes.png?sig=1', undefined]],
  );
  assert.ok(opened.double.tokens.bought === 1);
  assert.ok(!opened.logged().includes(PERSONAL_TOKEN) && !opened.logged().includes(LEGACY_TOKEN));
});

/** An app whose Label Studio has every image of the fixture about sources: uploaded, local, in stores. */
async function openWithStore(context: TestContext, storeOrigin: string): Promise<Opened> {
  const double = await openLabelStudio(context);
  const shapes = imageFixture('shapes-160x120.png');
  const disc = imageFixture('disc-96x64.jpg');
  const { state } = double;
  state.uploads.set('upload/7/3f1c9a2b-shapes-160x120.png', shapes);
  state.uploads.set('upload/7/88aa01cd-disc-96x64.jpg', disc);
  state.localFiles.set('shots/day 1/shapes-160x120.png', shapes);
  state.stored.set('s3://bucket/key with space/shapes-160x120.png', `${storeOrigin}/signed/shapes.png?sig=1`);
  const uri = `data:image/jpeg;base64,${Buffer.from(disc).toString('base64')}`;
  state.stored.set('gs://bucket/disc-96x64.jpg', uri);
  state.stored.set('azure-blob://container/disc-96x64.jpg', uri);
  const fetcher = createImageFetcher({
    maxBytes: 1e6,
    timeoutMs: 10_000,
    allowedOrigins: [new URL(double.origin).origin, storeOrigin],
    verifyTls: true,
    // No test asks a real name server.
    lookup: (_host, _options, callback) =>
      callback(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }), []),
  });
  context.after(() => fetcher.close());
  const settings = { labelStudioUrl: double.origin, apiKey: PERSONAL_TOKEN, localFilesRoot: null };
  const images = createImageSource(settings, fetcher, { warn: () => undefined });
  const opened = await openApp(context, {}, { models: servingOnly(dilatingInference()), images, fetcher });
  return { ...opened, double };
}

/** The fixture's tasks with something to refine, so that their images are fetched. */
function withRoughBoxes(fixture: Recorded): Recorded {
  const xml = fixture.body.label_config;
  const control = /<(\w+) name="(\w+)" toName="(\w+)"/.exec(xml);
  const [, tag = '', name = '', image = ''] = control ?? [];
  const type = tag.toLowerCase();
  const label = /<Label value="(\w+)"/.exec(xml)?.[1] ?? '';
  const item = {
    id: 'rough',
    type: 'polygonlabels',
    from_name: name,
    to_name: image,
    value: { points: [[20, 20], [70, 20], [70, 70], [20, 70]], polygonlabels: [label] },
  }; // prettier-ignore
  assert.ok(type !== '' && label !== '');
  const prediction = { id: 1, model_version: 'rough', created_at: '2026-01-01T00:00:00Z', result: [item] };
  const tasks = fixture.body.tasks.map((task) => ({ ...task, predictions: [prediction] }));
  return { ...fixture, body: { ...fixture.body, tasks } };
}
