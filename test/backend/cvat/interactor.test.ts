import assert from 'node:assert/strict';
import test from 'node:test';
import type { Express } from 'express';
import request from 'supertest';
import { decodeCvatMask } from '../../../src/formats/cvat-mask.js';
import { shapeToMask } from '../../../src/formats/shape-to-mask.js';
import type { RefineRequest } from '../../../src/onnx/inference.js';
import { maskFromBitmap } from '../../../src/refiner/mask.js';
import { iou } from '../../../src/refiner/metrics.js';
import type { Mask, Size } from '../../../src/refiner/types.js';
import { DISC, discImage, DISC_IMAGE } from '../../onnx/synthetic-image.js';
import { readFixture } from '../../support/fixtures.js';
import { micrograph } from '../../support/micrograph.js';
import { keepingInference } from '../inline-inference.js';
import { servingOnly } from '../serving-only.js';
import { openCvatApp, openRealCvat, openRealCvatApp } from './open-cvat-app.js';

const NAMED = { 'x-nuclio-function-name': 'samrefiner-interactor' } as const;
const NEW_CVAT = { ...NAMED, 'user-agent': 'CVAT/2.70.0 python-requests/2.34.2' } as const;

interface Invocation {
  readonly id: string;
  readonly function_request: {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: object;
  };
}

const INVOCATIONS = JSON.parse(
  readFixture('cvat/interactor-invocations.json').toString(),
) as readonly Invocation[];

interface MaskAnswer {
  readonly mask: readonly (readonly number[])[];
  readonly points: readonly (readonly [number, number])[];
}

interface ShapesAnswer {
  readonly shapes: readonly {
    readonly type: string;
    readonly points: readonly number[];
    readonly attributes: readonly { readonly spec_id: number; readonly value: string }[];
  }[];
}

async function call<T>(
  app: Express,
  body: object,
  headers: Readonly<Record<string, string>> = NAMED,
): Promise<T> {
  const response = await request(app).post('/api/function_invocations').set(headers).send(body).expect(200);
  return response.body as T;
}

/** The mask of an answer, whose every value is 0 or 1 and whose size is the image's. */
function maskOf({ mask }: MaskAnswer, { width, height }: Size): Mask {
  assert.equal(mask.length, height);
  assert.ok(mask.every((row) => row.length === width && row.every((value) => value === 0 || value === 1)));
  return maskFromBitmap(Uint8Array.from(mask.flat()), width, height);
}

async function disc(): Promise<{ readonly image: string; readonly truth: Mask }> {
  const image = Buffer.from(await discImage(1)).toString('base64');
  return { image, truth: await shapeToMask(DISC, DISC_IMAGE) };
}

test('CVAT’s recorded calls with points and boxes are answered in the form that every CVAT takes', async (context) => {
  const app = await openRealCvatApp(context);
  const clicks = INVOCATIONS.filter(({ id }) => !id.endsWith('any-json'));
  assert.equal(clicks.length, 7);
  for (const { id, function_request: recorded } of clicks) {
    const response = await request(app)
      .post(recorded.path)
      .set(recorded.headers)
      .set(NAMED)
      .send(recorded.body);
    assert.equal(response.status, 200, id);
    const answer = response.body as MaskAnswer;
    assert.deepEqual(Object.keys(answer), ['mask', 'points'], id);
    const mask = maskOf(answer, { width: 64, height: 48 });
    assert.equal(answer.points.length === 0, mask.data.length === 0, id);
  }
});

test('what a script puts in the place of points is refined, as on servers whose trackers take no masks', async (context) => {
  const app = await openRealCvatApp(context);
  const scripted = INVOCATIONS.filter(({ id }) => id.endsWith('any-json'));
  assert.equal(scripted.length, 2);
  for (const { function_request: recorded } of scripted) {
    const response = await request(app)
      .post(recorded.path)
      .set(recorded.headers)
      .send(recorded.body)
      .expect(200);
    const { refined } = response.body as { readonly refined: readonly ({ readonly type: string } | null)[] };
    assert.equal(refined.length, 1);
    assert.ok(refined[0] === null || refined[0]?.type === 'mask');
  }
});

test('a click, a box and both find the object; the image of successive calls is encoded once', async (context) => {
  const { app, services } = await openRealCvat(context);
  const { image, truth } = await disc();
  const box = [
    [98, 58],
    [222, 182],
  ];
  for (const body of [
    { image, pos_points: [[160.5, 120.5]], neg_points: [], obj_bbox: [] },
    { image, pos_points: [], neg_points: [], obj_bbox: box },
    { image, pos_points: [[150, 110]], neg_points: [[20, 20]], obj_bbox: box },
    { image, pos_points: [[160, 120]], neg_points: [], obj_bbox: null },
    { image, obj_bbox: [...box].reverse() },
  ]) {
    const answer = await call<MaskAnswer>(app, body);
    const found = maskOf(answer, DISC_IMAGE);
    assert.ok(iou(found, truth) > 0.9, `${iou(found, truth)}`);
    const outline = await shapeToMask(
      { kind: 'polygon', unit: 'pixel', rings: [answer.points.flat()] },
      DISC_IMAGE,
    );
    // The outline is that of the largest part, its holes filled.
    assert.ok(iou(outline, found) > 0.9, `${iou(outline, found)}`);
  }
  const metrics = await services.metrics.registry.metrics();
  assert.match(metrics, /^samrefiner_embeddings_total\{cached="false"\} 1$/m);
  assert.match(metrics, /^samrefiner_embeddings_total\{cached="true"\} 4$/m);
});

test('boxes drawn around the nuclei of a micrograph give masks close to the true ones', async (context) => {
  const app = await openRealCvatApp(context);
  const { image, objects, ...size } = await micrograph();
  const found: number[] = [];
  for (const { truth } of objects) {
    const { x0, y0, x1, y1 } = truth.box;
    const answer = await call<MaskAnswer>(app, {
      image: image.toString('base64'),
      pos_points: [],
      neg_points: [],
      obj_bbox: [
        [x0 - 1, y0 - 1],
        [x1 + 1, y1 + 1],
      ],
    });
    found.push(iou(maskOf(answer, size), truth));
  }
  assert.ok(Math.min(...found) > 0.75, found.join());
  assert.ok(found.reduce((sum, value) => sum + value, 0) / found.length > 0.85, found.join());
});

test('several boxes are several objects: one mask together, or a shape each for a CVAT that takes shapes', async (context) => {
  const { image, objects, ...size } = await micrograph();
  const boxes = objects.map(({ truth: { box } }) => [
    [box.x0, box.y0],
    [box.x1, box.y1],
  ]);
  const body = { image: image.toString('base64'), pos_points: [], neg_points: [], obj_bbox: boxes.flat() };
  const app = await openRealCvatApp(context, { SAMREFINER_CVAT_SHAPES_SINCE: '2.60' });
  const together = maskOf(await call<MaskAnswer>(app, body), size);
  const { shapes } = await call<ShapesAnswer>(app, body, NEW_CVAT);
  assert.equal(shapes.length, objects.length);
  const union = new Uint8Array(size.width * size.height);
  for (const [index, { type, points, attributes }] of shapes.entries()) {
    assert.equal(type, 'mask');
    const [confidence, ...more] = attributes;
    assert.deepEqual(more, []);
    assert.ok(confidence?.spec_id === 0 && /^[01]\.\d\d$/.test(confidence.value));
    const mask = decodeCvatMask(points, size);
    const { truth } = objects[index] ?? {};
    assert.ok(truth && iou(mask, truth) > 0.7);
    for (let y = mask.box.y0; y < mask.box.y1; y += 1) {
      for (let x = mask.box.x0; x < mask.box.x1; x += 1) {
        const at = (y - mask.box.y0) * (mask.box.x1 - mask.box.x0) + (x - mask.box.x0);
        if (mask.data[at] === 1) union[y * size.width + x] = 1;
      }
    }
  }
  assert.equal(iou(maskFromBitmap(union, size.width, size.height), together), 1);
});

test('shapes are answered only from the version of CVAT that the settings name', async (context) => {
  const { image } = await disc();
  const body = { image, pos_points: [[160, 120]], neg_points: [], obj_bbox: [] };
  const keysFor = async (app: Express, agent: string): Promise<readonly string[]> =>
    Object.keys(await call<object>(app, body, { ...NAMED, 'user-agent': agent }));
  const never = await openRealCvatApp(context);
  assert.deepEqual(await keysFor(never, 'CVAT/99.0.0 python-requests/2'), ['mask', 'points']);
  const app = await openRealCvatApp(context, { SAMREFINER_CVAT_SHAPES_SINCE: '2.55' });
  for (const [agent, key] of [
    ['CVAT/2.54.1.alpha python-requests/2.34.2', 'mask'],
    ['CVAT/2.55.0 python-requests/2.34.2', 'shapes'],
    ['CVAT/2.100 python-requests/2.34.2', 'shapes'],
    ['CVAT/3.0.0.alpha', 'shapes'],
    ['CVAT/2.9.1', 'mask'],
    ['curl/8.0', 'mask'],
  ] as const) {
    assert.equal((await keysFor(app, agent))[0], key, agent);
  }
});

test('where nothing positive is pointed at the answer is an empty mask with points, and the image is encoded for the next click', async (context) => {
  const asked: RefineRequest[] = [];
  const inference = keepingInference({
    refine: (wanted, options) => {
      asked.push(wanted);
      return keepingInference().refine(wanted, options);
    },
  });
  const models = servingOnly(inference);
  const { app } = await openCvatApp(context, { SAMREFINER_CVAT_SHAPES_SINCE: '2.60' }, { models });
  const body = { image: 'AAAA', pos_points: [], neg_points: [[3, 3]], obj_bbox: [] };
  const answer = await call<MaskAnswer>(app, body);
  assert.deepEqual(answer, { mask: Array<number[]>(8).fill(Array<number>(8).fill(0)), points: [] });
  assert.deepEqual(asked[0]?.shapes, []);
  assert.deepEqual(await call<ShapesAnswer>(app, body, NEW_CVAT), { shapes: [] });
});

test('an object that CVAT’s browser would empty, or that was not found, is an empty mask', async (context) => {
  const figures = { agreementIou: 1, predictedIou: 0.9, stability: 1, rounds: 1 };
  const thin = { kind: 'cvat-mask', points: [0, 3, 2, 4, 4, 4], outline: [2, 4, 5, 4, 5, 5, 2, 5] } as const;
  for (const outcome of [
    { status: 'refined', shape: thin, figures },
    { status: 'kept', reason: 'empty', figures: null },
  ] as const) {
    const inference = keepingInference({
      refine: async (wanted, options) => ({
        ...(await keepingInference().refine(wanted, options)),
        outcomes: [outcome],
      }),
    });
    const { app } = await openCvatApp(context, {}, { models: servingOnly(inference) });
    const answer = await call<MaskAnswer>(app, { image: 'AAAA', pos_points: [[1, 1]] });
    assert.ok(answer.mask.flat().every((value) => value === 0));
    assert.deepEqual(answer.points, []);
  }
});

test('each of several boxes has the clicks that lie in it or nearest to it', async (context) => {
  const asked: RefineRequest[] = [];
  const inference = keepingInference({
    refine: (wanted, options) => {
      asked.push(wanted);
      return keepingInference().refine(wanted, options);
    },
  });
  const { app } = await openCvatApp(context, {}, { models: servingOnly(inference) });
  const corners = [
    [2, 2],
    [0, 0],
    [10, 0],
    [12, 2],
  ];
  await call(app, {
    image: 'AAAA',
    pos_points: [
      [1, 1],
      [11, 5],
    ],
    neg_points: [[4, 1]],
    obj_bbox: corners,
  });
  assert.deepEqual(
    asked[0]?.shapes.map(({ shape, guidance }) => [shape, guidance]),
    [
      [
        null,
        {
          unit: 'pixel',
          points: [
            { x: 1, y: 1, positive: true },
            { x: 4, y: 1, positive: false },
          ],
          box: { x0: 0, y0: 0, x1: 2, y1: 2 },
        },
      ],
      [
        null,
        {
          unit: 'pixel',
          points: [{ x: 11, y: 5, positive: true }],
          box: { x0: 10, y0: 0, x1: 12, y1: 2 },
        },
      ],
    ],
  );
});

test('the direct method tells a click from a refinement by its members', async (context) => {
  const app = await openRealCvatApp(context);
  const { image } = await disc();
  const click = await request(app)
    .post('/')
    .send({ image, pos_points: [[160, 120]], neg_points: [], obj_bbox: [] });
  assert.deepEqual(Object.keys(click.body as object), ['mask', 'points']);
  const refine = await request(app)
    .post('/')
    .send({ image, shapes: [{ type: 'rectangle', points: [100, 60, 220, 180] }], states: [] });
  assert.deepEqual(Object.keys(refine.body as object), ['shapes', 'states']);
  await request(app).post('/').send({ image }).expect(400);
  await request(app).post('/').send([]).expect(400);
});

test('clicks and boxes that cannot be used are refused', async (context) => {
  const app = await openRealCvatApp(context);
  const { image } = await disc();
  const refused: readonly (readonly [object, number])[] = [
    [{ pos_points: [[1, 1]] }, 400],
    [{ image, pos_points: [[1]] }, 400],
    [{ image, pos_points: [['1', 1]] }, 400],
    [{ image, pos_points: 'here' }, 400],
    [{ image, pos_points: { other: 1 } }, 400],
    [{ image, obj_bbox: [[1, 1]] }, 400],
    [
      {
        image,
        obj_bbox: [
          [900, 900],
          [990, 990],
        ],
      },
      422,
    ],
    [{ image: 'no base64!', pos_points: [[1, 1]] }, 400],
  ];
  for (const [body, status] of refused) {
    const answer = await request(app).post('/api/function_invocations').set(NAMED).send(body);
    assert.equal(answer.status, status, JSON.stringify(body).slice(-60));
  }
});
