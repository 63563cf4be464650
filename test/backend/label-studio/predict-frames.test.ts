import assert from 'node:assert/strict';
import sharp from 'sharp';
import test from 'node:test';
import { decodeMaskImage } from '../../../src/formats/mask-image.js';
import { areaPx } from '../../../src/refiner/mask.js';
import type { TaskImageContext } from '../../../src/backend/label-studio/image-source.js';
import { inMemoryProjectSettings } from '../../../src/backend/label-studio/project-settings.js';
import { dilatingInference } from './dilating-inference.js';
import * as batch from './batch-fixtures.js';
import { servingOnly } from '../serving-only.js';

const LABELS = '<Label value="Ball" alias="b"/>';
const BOX = { x: 25, y: 25, width: 50, height: 50, rotation: 0 };

function box(id: string | undefined, more: object = {}): Record<string, unknown> {
  return {
    ...(id === undefined ? {} : { id }),
    from_name: 'box',
    to_name: 'image',
    type: 'rectanglelabels',
    value: { ...BOX, rectanglelabels: ['b'] },
    ...more,
  };
}

function bodyOf(controls: string, data: object, result: readonly unknown[]): object {
  const tasks = [{ id: 1, data, predictions: [{ id: 5, model_version: 'rough', result }], annotations: [] }];
  return { tasks, project: '7.1', label_config: `<View>${controls}</View>`, params: {} };
}

const IMAGE = '<Image name="image" value="$image"/>';
const PAGES = '<Image name="image" valueList="$pages"/>';
const BOX_TAG = `<RectangleLabels name="box" toName="image">${LABELS}</RectangleLabels>`;
const SERVE = {
  '/a': 'images/shapes-160x120.png',
  '/b': 'images/disc-96x64.jpg',
  '/e': 'images/exif6-stored160x120.jpg',
};

test('regions of the displayed and of the stored frame of a turned photo are refined each in its own', async () => {
  const inference = dilatingInference();
  const displayed = box('d', { original_width: 120, original_height: 160 });
  const stored = box('s', { original_width: 160, original_height: 120 });
  const body = bodyOf(IMAGE + BOX_TAG, { image: '/e' }, [displayed, stored, box('n')]);
  const { result } = await batch.predictOne(
    body,
    batch.dependenciesFor({ serve: SERVE }, { models: servingOnly(inference) }),
  );
  assert.equal(inference.requests.length, 3);
  assert.ok(inference.requests.every((request) => request.orientation === 'match'));
  for (const [place, size] of [
    [120, 160],
    [160, 120],
    [120, 160],
  ].entries()) {
    // prettier-ignore
    const { x, width } = result[place]?.value as typeof BOX;
    assert.deepEqual([x, width], [25 - 100 / (size[0] ?? 1), 50 + 200 / (size[0] ?? 1)]);
  }
});

test('each page of a list is refined on its own image, and item_index comes back', async () => {
  const inference = dilatingInference();
  const results = [
    box('p1', { item_index: 1, original_width: 96, original_height: 64 }),
    box('p0', { item_index: 0 }),
  ];
  const body = bodyOf(PAGES + BOX_TAG, { pages: ['/a', '/b'] }, results);
  const { result } = await batch.predictOne(
    body,
    batch.dependenciesFor({ serve: SERVE }, { models: servingOnly(inference) }),
  );
  assert.deepEqual(result.map((item) => item['item_index']), [1, 0]); // prettier-ignore
  assert.ok(Math.abs(Number(result[0]?.value['x']) - (25 - 100 / 96)) < 1e-9);
  assert.ok(Math.abs(Number(result[1]?.value['x']) - (25 - 100 / 160)) < 1e-9);
});

test('shapes of one image and frame go in one request, images without shapes are not fetched', async () => {
  const inference = dilatingInference();
  const loaded: string[] = [];
  const served = batch.servedImages(SERVE);
  const images: typeof served = {
    load: (value, ...rest) => {
      loaded.push(value);
      return served.load(value, ...rest);
    },
  };
  const body = bodyOf(PAGES + BOX_TAG, { pages: ['/a', '/b'] }, [box('x'), box('y'), box('z')]);
  await batch.predictOne(body, batch.dependenciesFor({}, { models: servingOnly(inference), images }));
  assert.deepEqual(loaded, ['/a']);
  assert.deepEqual(inference.requests.map(({ shapes }) => shapes.length), [3]); // prettier-ignore
});

test('regions without ids are refined where they are', async () => {
  const body = bodyOf(IMAGE + BOX_TAG, { image: '/a' }, [box(undefined), box(undefined)]);
  const { result } = await batch.predictOne(body, batch.dependenciesFor({ serve: SERVE }));
  assert.deepEqual(result.map((item) => ['id' in item, item.type]), [[false, 'rectanglelabels'], [false, 'rectanglelabels']]); // prettier-ignore
});

test('a region’s alias finds the mask control, and the mask carries the alias', async () => {
  const brush = `<BrushLabels name="brush" toName="image">${LABELS}</BrushLabels>`;
  const body = bodyOf(IMAGE + BOX_TAG + brush, { image: '/a' }, [box('r'), box(undefined), box(undefined)]);
  const { result } = await batch.predictOne(body, batch.dependenciesFor({ serve: SERVE }));
  assert.ok(result.every((item) => item.type === 'brushlabels'));
  assert.deepEqual(result[0]?.value['brushlabels'], ['b']);
  assert.deepEqual([result[0]['original_width'], result[0]['original_height']], [160, 120]);
  assert.equal(new Set(result.map(({ id }) => id)).size, 3);
});

test('a brush of the split form keeps its type and its labels beside it', async () => {
  const controls = `${IMAGE}<Rectangle name="box" toName="image"/><Labels name="names" toName="image">${LABELS}</Labels>`;
  const shape = { id: 's', from_name: 'box', to_name: 'image', type: 'rectangle', value: BOX };
  const labels = {
    id: 's',
    from_name: 'names',
    to_name: 'image',
    type: 'labels',
    value: { ...BOX, labels: ['b'] },
  };
  const body = bodyOf(controls, { image: '/a' }, [labels, shape]);
  const { result } = await batch.predictOne(body, batch.dependenciesFor({ serve: SERVE }));
  assert.deepEqual(result.map((item) => [item.id, item.type]), [['s', 'labels'], ['s', 'rectangle']]); // prettier-ignore
  assert.deepEqual(result[0]?.value, { ...result[1]?.value, labels: ['b'] });
});

test('a bitmask comes back as a bitmask: black, with the mask in the alpha channel', async () => {
  const alpha = Buffer.alloc(160 * 120);
  for (let y = 40; y < 80; y += 1) alpha.fill(255, y * 160 + 50, y * 160 + 110);
  const png = await sharp({ create: { width: 160, height: 120, channels: 3, background: '#000' } })
    .joinChannel(alpha, { raw: { width: 160, height: 120, channels: 1 } })
    .png()
    .toBuffer();
  const controls = `${IMAGE}<BitmaskLabels name="mask" toName="image">${LABELS}</BitmaskLabels>`;
  const rough = {
    id: 'm', from_name: 'mask', to_name: 'image', type: 'bitmasklabels', original_width: 160, original_height: 120,
    value: { imageDataURL: `data:image/png;base64,${png.toString('base64')}`, bitmasklabels: ['b'] },
  }; // prettier-ignore
  const body = bodyOf(controls, { image: '/a' }, [rough]);
  const { result } = await batch.predictOne(body, batch.dependenciesFor({ serve: SERVE }));
  const [refined] = result;
  assert.deepEqual(
    [refined?.id, refined?.type, refined?.value['bitmasklabels']],
    ['m', 'bitmasklabels', ['b']],
  );
  const url = String(refined?.value['imageDataURL']);
  const bytes = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  assert.equal(info.channels, 4);
  assert.ok(data.every((value, i) => i % 4 === 3 || value === 0));
  const mask = await decodeMaskImage(new Uint8Array(bytes), { width: 160, height: 120 });
  assert.equal(areaPx(mask), 60 * 40 + 2 * (60 + 40));
});

test('the image is asked for with what the call and the last setup say', async () => {
  const contexts: TaskImageContext[] = [];
  const served = batch.servedImages(SERVE);
  const images: typeof served = {
    load: (value, context, signal) => {
      contexts.push(context);
      return served.load(value, context, signal);
    },
  };
  const projects = inMemoryProjectSettings();
  await projects.set('7', { hostname: 'http://setup', accessToken: 'token', extraParams: null });
  const params = { login: 'anna', password: 'pw', hostname: 'http://call' };
  const body = { ...bodyOf(IMAGE + BOX_TAG, { image: '/a' }, [box('x')]), params };
  await batch.predictOne(body, batch.dependenciesFor({}, { images, projects }));
  assert.deepEqual(contexts, [
    {
      taskId: '1',
      projectId: '7',
      hostname: 'http://call',
      setupHostname: 'http://setup',
      accessToken: 'token',
      login: 'anna',
      password: 'pw',
    },
  ]);
});

test('a task that somebody has opened goes before batches', async () => {
  const inference = dilatingInference();
  const dependencies = batch.dependenciesFor({ serve: SERVE }, { models: servingOnly(inference) });
  const body = bodyOf(IMAGE + BOX_TAG, { image: '/a' }, [box('x')]) as { tasks: object[] };
  await batch.predict(body, dependencies);
  await batch.predict({ ...body, tasks: [...body.tasks, ...body.tasks] }, dependencies);
  assert.deepEqual(inference.requests.map(({ lane }) => lane), ['interactive', 'batch', 'batch']); // prettier-ignore
});
