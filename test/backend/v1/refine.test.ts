import assert from 'node:assert/strict';
import test from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import request from 'supertest';
import { REFINE_ANSWER_SCHEMA } from '../../../src/backend/v1/schema.js';
import { decodeCocoRle, encodeCocoRle } from '../../../src/formats/coco-rle.js';
import { decodeMaskImage, encodeMaskPng } from '../../../src/formats/mask-image.js';
import { shapeToMask } from '../../../src/formats/shape-to-mask.js';
import { openInlineInference } from '../../../src/onnx/inline.js';
import { iou } from '../../../src/refiner/metrics.js';
import type { Mask } from '../../../src/refiner/types.js';
import { DISC, discImage, DISC_IMAGE as SIZE, ROUGH_DISC as ROUGH } from '../../onnx/synthetic-image.js';
import { openApp, type TestApp } from '../open-app.js';
import { servingOnly } from '../serving-only.js';

interface AnsweredMask {
  readonly id: string | null;
  readonly status: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly png?: string;
  readonly rle?: { readonly size: number[]; readonly counts: string };
  readonly polygon?: number[][];
  readonly box?: [number, number, number, number];
}

interface Answer {
  readonly model: string;
  readonly image: { readonly width: number; readonly height: number };
  readonly masks: readonly AnsweredMask[];
}

const isAnswer = new Ajv2020({ allowUnionTypes: true }).compile(REFINE_ANSWER_SCHEMA);

function checked(body: unknown): Answer {
  assert.ok(isAnswer(body), JSON.stringify(isAnswer.errors));
  return body;
}

async function openRealApp(context: test.TestContext): Promise<TestApp> {
  const inference = await openInlineInference({
    packDirectory: 'models/lite',
    threads: 2,
    cacheBytes: 2 ** 26,
    maxPixels: 1e7,
  });
  context.after(() => inference.close());
  return openApp(context, {}, { models: servingOnly(inference) });
}

async function dataUri(): Promise<string> {
  return `data:image/png;base64,${Buffer.from(await discImage(1)).toString('base64')}`;
}

async function truthAndRough(): Promise<{ truth: Mask; rough: Mask }> {
  return { truth: await shapeToMask(DISC, SIZE), rough: await shapeToMask(ROUGH, SIZE) };
}

test('masks in every form come back refined in every form, as the OpenAPI schema says', async (context) => {
  const { app } = await openRealApp(context);
  const { truth, rough } = await truthAndRough();
  const masks = [
    { id: 'png', png: Buffer.from(await encodeMaskPng(rough)).toString('base64') },
    { id: 'rle', rle: { size: [240, 320], counts: encodeCocoRle(rough).counts } },
    { id: 'polygon', polygon: [[100, 60, 230, 60, 230, 170, 100, 170]] },
    { id: 'box', box: [95, 55, 130, 130] },
  ];
  const read: Record<string, (mask: AnsweredMask) => Promise<Mask>> = {
    png: (mask) => decodeMaskImage(Buffer.from(mask.png ?? '', 'base64'), SIZE),
    rle: (mask) => Promise.resolve(decodeCocoRle(mask.rle?.counts ?? '', 320, 240)),
    polygon: (mask) => shapeToMask({ kind: 'polygon', unit: 'pixel', rings: mask.polygon ?? [] }, SIZE),
    box: ({ box: [x, y, width, height] = [0, 0, 0, 0] }) =>
      shapeToMask({ kind: 'rectangle', unit: 'pixel', x, y, width, height, rotationDegrees: 0 }, SIZE),
  };
  const box = await shapeToMask(
    { kind: 'rectangle', unit: 'pixel', x: 100, y: 60, width: 120, height: 120, rotationDegrees: 0 },
    SIZE,
  );
  for (const [output, toMask] of Object.entries(read)) {
    const response = await request(app)
      .post('/v1/refine')
      .send({ image: await dataUri(), masks, output })
      .expect(200);
    const answer = checked(response.body);
    assert.deepEqual(answer.image, SIZE);
    assert.deepEqual(
      answer.masks.map(({ id, status }) => [id, status]),
      masks.map(({ id }) => [id, 'refined']),
    );
    for (const mask of answer.masks) {
      const refined = await toMask(mask);
      assert.ok(iou(refined, output === 'box' ? box : truth) > 0.9, `${mask.id ?? ''} as ${output}`);
    }
  }
});

test('a multipart body with an image and mask files needs nothing else', async (context) => {
  const { app } = await openRealApp(context);
  const { truth, rough } = await truthAndRough();
  const response = await request(app)
    .post('/v1/refine')
    .attach('image', Buffer.from(await discImage(2)), 'photo.png')
    .attach('masks', Buffer.from(await encodeMaskPng(rough)), 'disc.png')
    .expect(200);
  const [mask] = checked(response.body).masks;
  assert.equal(mask?.id, 'disc');
  const refined = await decodeMaskImage(Buffer.from(mask.png ?? '', 'base64'), SIZE);
  assert.ok(iou(refined, truth) > iou(rough, truth));
});

test('the request field of a multipart body carries masks and options', async (context) => {
  const { app } = await openRealApp(context);
  const options = {
    masks: [{ id: 'a', box: [95, 55, 130, 130] }],
    output: 'rle',
    options: { preset: 'paper' },
  };
  const response = await request(app)
    .post('/v1/refine')
    .attach('image', Buffer.from(await discImage(3)), 'photo.png')
    .field('request', JSON.stringify(options))
    .expect(200);
  assert.deepEqual(checked(response.body).masks[0]?.rle?.size, [240, 320]);
});

test('a mask that is not trusted comes back as it was, with the reason', async (context) => {
  const { app } = await openRealApp(context);
  const { rough } = await truthAndRough();
  const counts = encodeCocoRle(rough).counts;
  const response = await request(app)
    .post('/v1/refine')
    .send({
      image: await dataUri(),
      masks: [{ rle: { size: [240, 320], counts } }],
      output: 'rle',
      options: { minAgreement: 1 },
    })
    .expect(200);
  const [mask] = checked(response.body).masks;
  assert.equal(mask?.status, 'kept');
  assert.equal(mask.reason, 'disagrees');
  assert.equal(mask.rle?.counts, counts);
});

test('one mask that cannot be drawn does not spoil the others', async (context) => {
  const { app } = await openRealApp(context);
  const masks = [
    { id: 'two points', polygon: [[1, 1, 50, 50]] },
    { id: 'other size', rle: { size: [10, 10], counts: [50, 50] } },
    { id: 'no image', png: 'AAAA' },
    { id: 'empty', rle: { size: [240, 320], counts: [76_800] } },
    { id: 'good', box: [95, 55, 130, 130] },
  ];
  const response = await request(app)
    .post('/v1/refine')
    .send({ image: await dataUri(), masks })
    .expect(200);
  const outcomes = checked(response.body).masks.map(({ id, status, reason }) => [id, status, reason]);
  assert.deepEqual(outcomes, [
    ['two points', 'failed', 'SHAPE_INVALID'],
    ['other size', 'failed', 'IMAGE_SIZE_MISMATCH'],
    ['no image', 'failed', 'MASK_NOT_READABLE'],
    ['empty', 'kept', 'empty'],
    ['good', 'refined', undefined],
  ]);
});

test('a prompt segments what it points at, or guides a rough mask', async (context) => {
  const { app } = await openRealApp(context);
  const { truth } = await truthAndRough();
  const prompt = { positive: [[160, 120]], negative: [[20, 20]] };
  const masks = [
    { id: 'box', prompt: { box: [100, 60, 120, 120] } },
    { id: 'points', prompt },
    { id: 'guided', box: [95, 55, 130, 130], prompt },
    { id: 'beside only', prompt: { negative: [[20, 20]] } },
    { id: 'outside', prompt: { box: [400, 300, 5, 5] } },
  ];
  const response = await request(app)
    .post('/v1/refine')
    .send({ image: await dataUri(), masks, output: 'rle' })
    .expect(200);
  const answer = checked(response.body);
  assert.deepEqual(
    answer.masks.map(({ id, status, reason }) => [id, status, reason]),
    [
      ['box', 'refined', undefined],
      ['points', 'refined', undefined],
      ['guided', 'refined', undefined],
      ['beside only', 'failed', 'GUIDANCE_INVALID'],
      ['outside', 'failed', 'GUIDANCE_INVALID'],
    ],
  );
  for (const { id, rle } of answer.masks.slice(0, 3)) {
    assert.ok(iou(decodeCocoRle(rle?.counts ?? '', 320, 240), truth) > 0.85, id ?? '');
  }
});

test('the order and the company of a mask do not change its answer', async (context) => {
  const { app } = await openRealApp(context);
  const image = await dataUri();
  const boxes = [
    [95, 55, 130, 130],
    [20, 20, 200, 200],
    [120, 80, 60, 70],
  ];
  const ask = async (order: readonly number[]): Promise<Map<string, unknown>> => {
    const masks = order.map((i) => ({ id: String(i), box: boxes[i] }));
    const response = await request(app).post('/v1/refine').send({ image, masks, output: 'rle' }).expect(200);
    return new Map(checked(response.body).masks.map((mask) => [mask.id ?? '', mask]));
  };
  const together = await ask([0, 1, 2]);
  const reversed = await ask([2, 1, 0]);
  for (const i of [0, 1, 2]) {
    assert.deepEqual(reversed.get(String(i)), together.get(String(i)));
    assert.deepEqual((await ask([i])).get(String(i)), together.get(String(i)));
  }
});

test('a body of another form is refused with what was expected', async (context) => {
  const { app } = await openApp(context);
  const refusals: readonly [object, RegExp][] = [
    [{ masks: [{ box: [0, 0, 1, 1] }] }, /image/],
    [{ image: 'data:,', masks: [] }, /masks/],
    [{ image: 'data:,', masks: [{ id: 'a' }] }, /exactly one|property/],
    [{ image: 'data:,', masks: [{ box: [0, 0, 1] }] }, /box/],
    [{ image: 'data:,', masks: [{ box: [0, 0, 1, 1] }], output: 'gif' }, /png/],
    [{ image: 'data:,', masks: [{ box: [0, 0, 1, 1] }], options: { rounds: 0 } }, /rounds/],
    [{ image: 'data:,', masks: [{ box: [0, 0, 1, 1] }], mode: 1 }, /mode/],
    [{ image: 'data:,', masks: [{ prompt: { positive: [[1]] } }] }, /positive/],
    [{ image: 'data:,', masks: [{ prompt: { positive: [[1, '2']] } }] }, /positive/],
    [{ image: 'data:,', masks: [{ prompt: { clicks: [] } }] }, /clicks/],
    [{ image: 'data:,', masks: [{ prompt: { positive: Array(300).fill([1, 1]) } }] }, /positive/],
    [{ image: 'data:,', masks: [{ box: [0, 0, 1, 1], png: '', prompt: {} }] }, /masks.0/],
  ];
  for (const [body, expected] of refusals) {
    const response = await request(app).post('/v1/refine').send(body).expect(400);
    const { error } = response.body as { error: { code: string } };
    assert.equal(error.code, 'BODY_INVALID');
    assert.match(JSON.stringify(error), expected);
  }
});

test('a multipart body without an image, without masks or with an unknown file is refused', async (context) => {
  const { app } = await openApp(context);
  await request(app).post('/v1/refine').field('request', '{}').expect(400);
  await request(app).post('/v1/refine').attach('image', Buffer.from('x'), 'a.png').expect(400);
  await request(app).post('/v1/refine').attach('other', Buffer.from('x'), 'a.png').expect(400);
  await request(app)
    .post('/v1/refine')
    .attach('image', Buffer.from('x'), 'a.png')
    .field('request', '{"masks"')
    .expect(400);
});

test('an image at a private address is refused', async (context) => {
  const { app } = await openApp(context);
  const body = { image: 'http://127.0.0.1:1/photo.jpg', masks: [{ box: [0, 0, 9, 9] }] };
  const response = await request(app).post('/v1/refine').send(body).expect(400);
  assert.equal((response.body as { error: { code: string } }).error.code, 'IMAGE_ADDRESS_REFUSED');
});

test('the OpenAPI document is served and describes the endpoint', async (context) => {
  const { app } = await openApp(context);
  const response = await request(app).get('/v1/openapi.json').expect(200);
  const document = response.body as { openapi: string; paths: Record<string, unknown> };
  assert.equal(document.openapi, '3.1.0');
  assert.ok(document.paths['/v1/refine']);
});

test('another method is refused with the one that works', async (context) => {
  const { app } = await openApp(context);
  const response = await request(app).get('/v1/refine').expect(405);
  assert.equal(response.headers['allow'], 'POST');
});
