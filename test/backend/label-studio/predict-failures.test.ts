import assert from 'node:assert/strict';
import test from 'node:test';
import { RefinerError } from '../../../src/errors.js';
import type { PredictDependencies } from '../../../src/backend/label-studio/predict-call.js';
import { dilatingInference } from './dilating-inference.js';
import * as batch from './batch-fixtures.js';
import { servingOnly } from '../serving-only.js';

const GOOD_BOX = { x: 20, y: 20, width: 30, height: 30, rotation: 0, rectanglelabels: ['Ball'] };

function item(id: string, type: string, fromName: string, value: object, more: object = {}): batch.Item {
  const frame = {
    original_width: 160,
    original_height: 120,
    image_rotation: 0,
    to_name: 'image',
    origin: 'manual',
  };
  return { ...frame, id, type, from_name: fromName, value: { ...value }, ...more };
}

/** The older fixture's one task, with these results in place of its own. */
function bodyWith(results: readonly unknown[]): batch.RequestFixture {
  const fixture = batch.requestFixture('predict-older');
  const prediction = fixture.body.tasks[0]?.predictions[0];
  assert.ok(prediction);
  prediction.result = results as batch.Item[];
  return fixture;
}

function goodRle(): readonly number[] {
  const value = batch.requestFixture('predict-older').body.tasks[0]?.predictions[0]?.result[0]?.value;
  return value?.['rle'] as readonly number[];
}

const brush = (rle: unknown): object => ({ format: 'rle', rle, brushlabels: ['Ball'] });
const polygon = (points: unknown): object => ({ points, closed: true, polygonlabels: ['Ball'] });

const BAD_REGIONS: Readonly<Record<string, batch.Item>> = {
  'a truncated rle header': item('bad', 'brushlabels', 'brush', brush([0, 0])),
  'an rle of another size': item('bad', 'brushlabels', 'brush', brush(goodRle()), { original_width: 161 }),
  'an rle that ends after its header': item('bad', 'brushlabels', 'brush', brush(goodRle().slice(0, 7))),
  'an rle of four billion words': item(
    'bad',
    'brushlabels',
    'brush',
    brush([255, 255, 255, 255, ...goodRle().slice(4)]),
  ),
  'an empty rle': item('bad', 'brushlabels', 'brush', brush([])),
  'a missing rle': item('bad', 'brushlabels', 'brush', { format: 'rle', brushlabels: ['Ball'] }),
  'a brush without size': item('bad', 'brushlabels', 'brush', brush(goodRle()), { original_width: null }),
  'a polygon of two points': item('bad', 'polygonlabels', 'poly', polygon([[1, 1], [9, 9]])), // prettier-ignore
  'a polygon with null': item('bad', 'polygonlabels', 'poly', polygon([[1, 1], [9, null], [5, 9]])), // prettier-ignore
  'a box outside the image': item('bad', 'rectanglelabels', 'box', { ...GOOD_BOX, x: 120 }),
  'a box made for another image': item('bad', 'rectanglelabels', 'box', GOOD_BOX, { original_width: 800 }),
  'an unknown control': item('bad', 'rectanglelabels', 'gone', GOOD_BOX),
  'a page that is not there': item('bad', 'rectanglelabels', 'box', GOOD_BOX, { item_index: 3 }),
  'a bitmask that is no image': item('bad', 'bitmasklabels', 'brush', {
    imageDataURL: 'data:image/png;base64,AAAA',
  }),
};

for (const [name, bad] of Object.entries(BAD_REGIONS)) {
  test(`${name} is kept as it is and logged, and the other region is refined`, async () => {
    const good = item('good', 'rectanglelabels', 'box', GOOD_BOX);
    const fixture = bodyWith([bad, good]);
    const dependencies = batch.dependenciesFor(fixture);
    const { result, score } = await batch.predictOne(fixture.body, dependencies);
    const { meta, score: badScore, ...rest } = result[0] ?? bad;
    assert.deepEqual(rest, bad);
    assert.match(String((meta as { text?: readonly string[] }).text?.[0]), /^SAMRefiner: kept, ./);
    assert.deepEqual([badScore, score], [0, 0]);
    assert.equal(result[1]?.type, 'brushlabels');
    assert.deepEqual(
      dependencies.lines.map(({ facts }) => facts['region']),
      ['bad'],
    );
  });
}

test('a bad task gives an empty entry in its place, and the tasks around it are refined', async () => {
  const fixture = batch.requestFixture('predict-batch-rough-predictions');
  const [first, second, , fourth] = fixture.body.tasks;
  assert.ok(first && second && fourth);
  const tasks = [
    null,
    first,
    'task',
    { ...second, data: {} },
    { ...second, data: { image: '/gone.png' } },
    {},
    fourth,
  ];
  const dependencies = batch.dependenciesFor(fixture);
  const results = await batch.predict({ ...fixture.body, tasks }, dependencies);
  assert.deepEqual(
    results.map((result) => result !== null),
    [false, true, false, false, false, false, true],
  );
  const codes = dependencies.lines.map(({ facts }) =>
    facts['err'] instanceof RefinerError ? facts['err'].code : '',
  );
  assert.deepEqual(codes.filter((code) => code !== '').sort(), [
    'BODY_INVALID',
    'BODY_INVALID',
    'IMAGE_NOT_FOUND',
    'IMAGE_URL_INVALID',
  ]);
});

test('a fault of the program in one task costs that task alone', async () => {
  const fixture = batch.requestFixture('predict-batch-rough-predictions');
  const inference = dilatingInference();
  let calls = 0;
  const refine: typeof inference.refine = (request, options) =>
    (calls += 1) === 1 ? Promise.reject(new TypeError('oops')) : inference.refine(request, options);
  const dependencies = batch.dependenciesFor(fixture, { models: servingOnly({ ...inference, refine }) });
  const results = await batch.predict(fixture.body, dependencies);
  assert.equal(results.filter((result) => result !== null).length, 2);
});

function loadsThatHang(
  good: PredictDependencies['images'],
  hangs: (value: string) => boolean,
): PredictDependencies['images'] {
  return {
    load: (value, ...rest) => (hangs(value) ? new Promise(() => undefined) : good.load(value, ...rest)),
  };
}

test('at the deadline finished tasks are answered and the others are empty', async () => {
  const fixture = batch.requestFixture('predict-batch-rough-predictions');
  const images = loadsThatHang(batch.servedImages(fixture.serve), (value) => value.includes('exif6'));
  const dependencies = batch.dependenciesFor(fixture, { images, deadlineMs: 1500 });
  const results = await batch.predict(fixture.body, dependencies);
  assert.deepEqual(
    results.map((result) => result !== null),
    [true, true, false, false],
  );
  assert.ok(
    dependencies.lines.some(({ facts }) => (facts['err'] as RefinerError).code === 'DEADLINE_EXCEEDED'),
  );
});

test('a model too slow for the batch: what it finished becomes predictions, the rest can be asked for again', async () => {
  const fixture = batch.requestFixture('predict-older');
  const inference = dilatingInference();
  let calls = 0;
  const slow: typeof inference.refine = (request, options) =>
    (calls += 1) <= 2
      ? inference.refine(request, options)
      : new Promise((_, reject) => {
          options.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
        });
  const models = servingOnly({ ...inference, refine: slow });
  const dependencies = batch.dependenciesFor(fixture, { models, deadlineMs: 700, tasksAtOnce: 1 });
  const [task] = fixture.body.tasks;
  const tasks = [1, 2, 3, 4, 5].map((id) => ({ ...task, id }));
  const startMs = performance.now();
  const results = await batch.predict({ ...fixture.body, tasks }, dependencies);
  assert.ok(performance.now() - startMs < 5000);
  assert.deepEqual(
    results.map((result) => result?.result.length ?? null),
    [1, 1, null, null, null],
  );
  assert.ok(results[0]?.score);
});

test('when the caller goes away the work ends with the signal’s reason', async () => {
  const fixture = batch.requestFixture('predict-batch-rough-predictions');
  const caller = new AbortController();
  const images = {
    load: (): Promise<Uint8Array> => {
      caller.abort(new RefinerError('ABORTED'));
      return new Promise(() => undefined);
    },
  };
  const dependencies = batch.dependenciesFor(fixture, { images });
  await assert.rejects(batch.predict(fixture.body, dependencies, caller.signal), { code: 'ABORTED' });
});

test('a server that can take nothing at all says so; one that is full for some tasks answers the others', async () => {
  const fixture = batch.requestFixture('predict-batch-rough-predictions');
  const full = new RefinerError('QUEUE_FULL', { retryAfterSeconds: 5 });
  const tasks = fixture.body.tasks.filter((task) => task.predictions.length > 0);
  const refuses = { ...dilatingInference(), refine: () => Promise.reject(full) };
  const refused = batch.predict(
    { ...fixture.body, tasks },
    batch.dependenciesFor(fixture, { models: servingOnly(refuses) }),
  );
  await assert.rejects(refused, full);
  const inference = dilatingInference();
  let calls = 0;
  const takesOne = {
    ...refuses,
    refine: (...call: Parameters<typeof inference.refine>) =>
      (calls += 1) === 1 ? inference.refine(...call) : refuses.refine(),
  };
  const some = await batch.predict(
    { ...fixture.body, tasks },
    batch.dependenciesFor(fixture, { models: servingOnly(takesOne) }),
  );
  assert.equal(some.filter((result) => result !== null).length, 1);
});

test('without a model that is loaded a batch with work is refused, one without work is answered', async () => {
  const fixture = batch.requestFixture('predict-older');
  const loading = { ...dilatingInference(), isReady: () => false };
  const dependencies = batch.dependenciesFor(fixture, { models: servingOnly(loading) });
  await assert.rejects(batch.predict(fixture.body, dependencies), { code: 'NOT_READY' });
  const sources = batch.requestFixture('predict-batch-sources');
  assert.equal((await batch.predict(sources.body, dependencies)).length, 9);
});

test('no more tasks are worked on at a time than set', async () => {
  const fixture = batch.requestFixture('predict-older');
  const [task] = fixture.body.tasks;
  let running = 0;
  let most = 0;
  const good = batch.servedImages();
  const images: PredictDependencies['images'] = {
    load: async (...call) => {
      running += 1;
      most = Math.max(most, running);
      const bytes = await good.load(...call);
      running -= 1;
      return bytes;
    },
  };
  const tasks = Array.from({ length: 8 }, () => task);
  await batch.predict({ ...fixture.body, tasks }, batch.dependenciesFor(fixture, { images, tasksAtOnce: 3 }));
  assert.equal(most, 3);
});

test('bodies of another form and unusable configurations are refused', async () => {
  const { body } = batch.requestFixture('predict-older');
  const dependencies = batch.dependenciesFor({});
  const bad = [
    null,
    [],
    'x',
    {},
    { tasks: {} },
    { tasks: null },
    { ...body, label_config: 5 },
    { ...body, label_config: '' },
  ];
  for (const wrong of [...bad, { ...body, label_config: '<!DOCTYPE x><View/>' }]) {
    await assert.rejects(batch.predict(wrong, dependencies), { code: 'BODY_INVALID' });
  }
  assert.deepEqual(await batch.predict({ tasks: [] }, dependencies), []);
});
