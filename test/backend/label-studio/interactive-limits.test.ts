import assert from 'node:assert/strict';
import request from 'supertest';
import test from 'node:test';
import { createBackground } from '../../../src/backend/background.js';
import { RefinerError } from '../../../src/errors.js';
import type { RefineRequest } from '../../../src/onnx/inference.js';
import { openApp } from '../open-app.js';
import { servingOnly } from '../serving-only.js';
import * as batch from './batch-fixtures.js';
import { dilatingInference } from './dilating-inference.js';
import { click, context, drawing } from './interactive-fixtures.js';

const ADDRESS = '/data/upload/7/3f1c9a2b-shapes-160x120.png';

test('capabilities are answered without a model or an image', async () => {
  const answer = await drawing('prompt-layer-capabilities', {
    models: servingOnly({ ...dilatingInference(), isReady: () => false }),
  }).ask();
  const [{ type, value }] = answer.result as [{ type: string; value: Record<string, unknown> }];
  assert.equal(type, 'capabilities');
  assert.deepEqual(value['prompts'], ['point', 'box']);
  assert.deepEqual(value['model_info'], { name: 'samrefiner', version: 'samrefiner-dilate-1' });
});

for (const name of ['point', 'box']) {
  test(`a bare ${name} is answered with an image whose red channel is the mask`, async () => {
    const drawn = drawing(`prompt-layer-${name}`);
    const [{ value }] = (await drawn.ask()).result as [{ value: { imageDataURL: string } }];
    const png = Buffer.from(value.imageDataURL.replace('data:image/png;base64,', ''), 'base64');
    const { data, info } = await (
      await import('sharp')
    )
      .default(png)
      .raw()
      .toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height], [160, 120]);
    const red = (x: number, y: number): number => data[(y * info.width + x) * info.channels] ?? 0;
    assert.equal(red(60, 54), 255);
    assert.equal(red(150, 110), 0);
  });
}

for (const what of [{}, { result: [] }, { result: 'x' }, { result: [null, 1] }, { event: 'prewarm' }]) {
  test(`the context ${JSON.stringify(what)} suggests nothing and has the image encoded behind the answer`, async () => {
    const background = createBackground({
      maxAtOnce: 2,
      deadlineMs: 5000,
      onFailure: (_, error) => assert.fail(String(error)),
    });
    const warmed: Promise<void>[] = [];
    const drawn = drawing('interactive-empty', {
      background: {
        ...background,
        start: (_, work) => void warmed.push(work(new AbortController().signal)),
      },
    });
    drawn.fixture.body.params.context = what as never;
    assert.deepEqual(await drawn.ask(), { result: [] });
    await Promise.all(warmed);
    assert.equal(drawn.requests.length, 1);
    assert.deepEqual([drawn.requests[0]?.shapes, drawn.requests[0]?.lane], [[], 'batch']);
  });
}

test('an event that asks for nothing does nothing', async () => {
  const drawn = drawing('prompt-layer-release', {
    background: { start: () => assert.fail('work was started'), close: () => Promise.resolve() },
  });
  assert.deepEqual(await drawn.ask(), { result: [] });
});

test('an image that cannot be had suggests nothing, and the log says which task', async () => {
  const drawn = drawing('interactive-keypoint-unlabelled', { images: batch.servedImages() });
  assert.deepEqual(await drawn.ask(), { result: [] });
  const line = drawn.dependencies.lines.find(({ message }) => message === 'prompt not answered');
  assert.equal(line?.facts['task'], '201');
  assert.equal((line.facts['err'] as RefinerError).code, 'IMAGE_NOT_FOUND');
});

test('a prompt that is none of its type is refused', async () => {
  const drawn = drawing('interactive-keypoint-unlabelled');
  context(drawn).result = [click(37, 46, { value: { x: '37', y: 46 } })];
  await assert.rejects(
    drawn.ask(),
    (error) => error instanceof RefinerError && error.code === 'SHAPE_INVALID',
  );
});

test('an old prompt that is none of its type costs nothing', async () => {
  const drawn = drawing('interactive-keypoint-unlabelled');
  context(drawn).result.unshift(click(1, 1, { value: { x: NaN } }));
  assert.deepEqual(
    (await drawn.suggested()).map(({ id }) => id),
    ['Rough_Ball'],
  );
});

test('a configuration without a control for regions suggests nothing and says so', async () => {
  const drawn = drawing('interactive-keypoints-pos-neg');
  drawn.fixture.body.label_config =
    '<View><KeyPoint name="refine" toName="image" smartOnly="true"/><Image name="image" value="$image"/></View>';
  assert.deepEqual(await drawn.ask(), { result: [] });
  assert.match(drawn.dependencies.lines.map(({ message }) => message).join(), /no control/);
});

test('a model that is not loaded is an error, because later the same prompt would be answered', async () => {
  const drawn = drawing('interactive-keypoint-unlabelled', {
    models: servingOnly({ ...dilatingInference(), isReady: () => false }),
  });
  await assert.rejects(drawn.ask(), (error) => error instanceof RefinerError && error.code === 'NOT_READY');
});

test('one click after the other fetches an image once', async (t) => {
  const { body, serve = {} } = batch.requestFixture('predict-interactive-keypoint-unlabelled');
  let fetched = 0;
  const served = batch.servedImages(serve);
  const images = {
    load: (...wanted: Parameters<typeof served.load>) => ((fetched += 1), served.load(...wanted)),
  };
  const { app } = await openApp(t, {}, { models: servingOnly(dilatingInference()), images });
  const first = await request(app).post('/predict').send(body).expect(200);
  const second = await request(app).post('/predict').send(body).expect(200);
  assert.deepEqual(second.body, first.body);
  assert.equal(fetched, 1);
});

test('a task that is opened with nothing to refine has its image encoded behind the answer', async (t) => {
  const inference = dilatingInference();
  const images = batch.servedImages({ [ADDRESS]: 'images/shapes-160x120.png' });
  let arrived: (asked: RefineRequest) => void = () => undefined;
  const encoded = new Promise<RefineRequest>((resolve) => (arrived = resolve));
  const models = servingOnly({
    ...inference,
    refine: (asked, options) => (arrived(asked), inference.refine(asked, options)),
  });
  const { app } = await openApp(t, {}, { models, images });
  const { body } = batch.requestFixture('predict-interactive-empty');
  const opened = {
    ...body,
    tasks: [{ id: 201, data: { image: ADDRESS }, annotations: [], predictions: [] }],
  };
  const answer = await request(app)
    .post('/predict')
    .send({ ...opened, params: { context: null } })
    .expect(200);
  assert.deepEqual(answer.body, { results: [[]] });
  assert.deepEqual((await encoded).shapes, []);
});

test('a context of null is a drawing where the task has drafts, and a batch where it has not', async (t) => {
  const { body, serve = {} } = batch.requestFixture('predict-interactive-keypoint-in-annotation');
  const { app } = await openApp(
    t,
    {},
    { models: servingOnly(dilatingInference()), images: batch.servedImages(serve) },
  );
  const nothing = { ...body, params: { context: null } };
  assert.deepEqual((await request(app).post('/predict').send(nothing)).body, { results: [{ result: [] }] });
  const [task] = body.tasks;
  const withoutDrafts = { ...nothing, tasks: [{ ...task, drafts: undefined }] };
  const { results } = (await request(app).post('/predict').send(withoutDrafts)).body as {
    results: batch.Prediction[];
  };
  assert.equal(results[0]?.result.length, 2);
});
