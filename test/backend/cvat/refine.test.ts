import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import type { Express } from 'express';
import request from 'supertest';
import { decodeCvatMask, encodeCvatMask } from '../../../src/formats/cvat-mask.js';
import { shapeToMask } from '../../../src/formats/shape-to-mask.js';
import type { RefineAnswer } from '../../../src/onnx/inference.js';
import { openInlineInference } from '../../../src/onnx/inline.js';
import { RefinerError } from '../../../src/errors.js';
import { iou } from '../../../src/refiner/metrics.js';
import { DISC, discImage, DISC_IMAGE as SIZE, ROUGH_DISC as ROUGH } from '../../onnx/synthetic-image.js';
import { readFixture } from '../../support/fixtures.js';
import { micrograph } from '../../support/micrograph.js';
import { keepingInference } from '../inline-inference.js';
import { openCvatApp, openRealCvatApp } from './open-cvat-app.js';
import { servingOnly } from '../serving-only.js';

const NAMED = { 'x-nuclio-function-name': 'samrefiner-refine', 'x-nuclio-path': '/' } as const;

interface Shape {
  readonly type: string;
  readonly points: readonly number[];
  readonly iou: number;
}

interface Answer {
  readonly shapes: readonly (Shape | null)[];
  readonly states: readonly unknown[];
}

interface RecordedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly image: string;
    readonly shapes: readonly (Shape | null)[];
    readonly states: unknown[];
  };
}

const INVOCATIONS = JSON.parse(readFixture('cvat/invocations.json').toString()) as readonly {
  readonly id: string;
  readonly function_request: RecordedRequest;
}[];
const DIRECT = (
  JSON.parse(readFixture('cvat/nuclio-discovery.json').toString()) as {
    readonly direct_invocation: { readonly request: RecordedRequest };
  }
).direct_invocation.request;

async function discBase64(): Promise<string> {
  return Buffer.from(await discImage(1)).toString('base64');
}

async function call(app: Express, body: object): Promise<Answer> {
  const response = await request(app).post('/api/function_invocations').set(NAMED).send(body).expect(200);
  return response.body as Answer;
}

function isSound(shape: Shape, given: string): void {
  const type = given === 'polygon' ? 'polygon' : 'mask';
  assert.deepEqual(Object.keys(shape), ['type', 'points', ...(given === 'rectangle' ? ['box'] : []), 'iou']);
  assert.equal(shape.type, type);
  assert.ok(Number.isFinite(shape.iou));
  assert.ok(shape.points.length >= 6 && shape.points.every(Number.isFinite));
  if (type === 'mask') decodeCvatMask(shape.points, { width: 64, height: 48 });
}

test('CVAT’s recorded calls, by way of the dashboard and direct, are answered in the form that CVAT takes', async (context) => {
  const app = await openRealCvatApp(context);
  const recorded = [...INVOCATIONS.map((one) => one.function_request), DIRECT];
  assert.equal(recorded.length, 5);
  for (const { path, headers, body } of recorded) {
    const response = await request(app).post(path).set(headers).send(body).expect(200);
    const answer = response.body as Answer;
    assert.deepEqual(Object.keys(answer), ['shapes', 'states']);
    assert.equal(answer.shapes.length, body.shapes.length);
    assert.deepEqual(
      answer.states,
      body.shapes.map((_, index) => body.states[index] ?? null),
    );
    for (const [index, shape] of body.shapes.entries()) {
      const answered = answer.shapes[index] ?? null;
      if (shape === null) assert.equal(answered, null);
      else if (answered !== null) isSound(answered, shape.type);
    }
  }
});

test('a rough mask goes in and a better one comes out, whatever the shape it was given in', async (context) => {
  const app = await openRealCvatApp(context);
  const [truth, rough] = [await shapeToMask(DISC, SIZE), await shapeToMask(ROUGH, SIZE)];
  const shapes = [
    { type: 'mask', points: encodeCvatMask(rough), clientID: 17, label_id: 5 },
    { type: 'polygon', points: [100, 60, 230, 60, 230, 170, 100, 170] },
    { type: 'rectangle', points: [100, 50, 225, 180], rotation: 4 },
    { type: 'polygon', drawn_as: 'rectangle', points: [100, 50, 225, 180], rotation: 4 },
  ];
  const answer = await call(app, { image: await discBase64(), shapes, states: [] });
  assert.deepEqual(answer.states, [null, null, null, null]);
  const masks = await Promise.all(
    answer.shapes.map(async (shape) => {
      assert.ok(shape);
      if (shape.type === 'mask') return decodeCvatMask(shape.points, SIZE);
      return shapeToMask({ kind: 'polygon', unit: 'pixel', rings: [shape.points] }, SIZE);
    }),
  );
  assert.deepEqual(
    answer.shapes.map((shape) => shape?.type),
    ['mask', 'polygon', 'mask', 'mask'],
  );
  const before = iou(rough, truth);
  assert.ok(before < 0.85);
  for (const mask of masks) assert.ok(iou(mask, truth) > 0.95, `${iou(mask, truth)} after ${before}`);
});

test('rough masks of the nuclei in a micrograph come back closer to the true ones', async (context) => {
  const app = await openRealCvatApp(context);
  const { image, objects, ...size } = await micrograph();
  const shapes = objects.map(({ rough }) => ({ type: 'mask', points: encodeCvatMask(rough) }));
  const answer = await call(app, { image: image.toString('base64'), shapes, states: [] });
  const before = objects.map(({ rough, truth }) => iou(rough, truth));
  const after = objects.map(({ rough, truth }, index) => {
    const refined = answer.shapes[index];
    return iou(refined ? decodeCvatMask(refined.points, size) : rough, truth);
  });
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(mean(before) < 0.8);
  assert.ok(mean(after) > 0.88, `${after.join()} after ${before.join()}`);
});

test('further calls on one image encode it once', async (context) => {
  const inner = await openInlineInference({
    packDirectory: 'models/lite',
    threads: 1,
    cacheBytes: 2 ** 26,
    maxPixels: 1e7,
  });
  context.after(() => inner.close());
  const answers: RefineAnswer[] = [];
  const inference = keepingInference({
    refine: async (wanted, options) => {
      const answer = await inner.refine(wanted, options);
      answers.push(answer);
      return answer;
    },
  });
  const { app } = await openCvatApp(context, {}, { models: servingOnly(inference) });
  const image = await discBase64();
  for (const left of [100, 104, 108]) {
    await call(app, {
      image,
      shapes: [{ type: 'rectangle', points: [left, 60, left + 120, 180] }],
      states: [],
    });
  }
  assert.deepEqual(
    answers.map(({ embeddingCached }) => embeddingCached),
    [false, true, true],
  );
});

test('a shape that is damaged, empty or kept is null beside the others', async (context) => {
  const app = await openRealCvatApp(context);
  const shapes = [
    { type: 'mask', points: [1, 2, 2, 2, 5, 4] },
    { type: 'mask', points: [12, 2, 2, 5, 4] },
    { type: 'polygon', points: [1, 1, 2, 2] },
    { type: 'rectangle', points: [1] },
    null,
    { type: 'rectangle', points: [100, 60, 220, 180] },
  ];
  const answer = await call(app, { image: await discBase64(), shapes, states: [1, null, 3] });
  assert.deepEqual(
    answer.shapes.map((shape) => shape?.type ?? null),
    [null, null, null, null, null, 'mask'],
  );
  assert.deepEqual(answer.states, [1, null, 3, null, null, null]);
});

test('masks that CVAT’s browser would empty are never answered', async (context) => {
  for (const points of [
    [0, 8, 2, 4, 9, 4],
    [0, 6, 3, 1, 3, 6],
  ]) {
    const figures = { agreementIou: 1, predictedIou: 0.9, stability: 1, rounds: 1 };
    const inference = keepingInference({
      refine: () =>
        Promise.resolve({
          image: SIZE,
          orientation: 'exif',
          outcomes: [{ status: 'refined', shape: { kind: 'cvat-mask', points }, figures }],
          embeddingCached: true,
          times: { queueMs: 0, imageDecodeMs: 0, encodeMs: 0, promptMs: 0, decodeMs: 0, outputMs: 0 },
        }),
    });
    const { app } = await openCvatApp(context, {}, { models: servingOnly(inference) });
    const answer = await call(app, { image: 'AAAA', shapes: [{ type: 'mask', points }] });
    assert.deepEqual(answer, { shapes: [null], states: [null] });
  }
});

/** Status and reason phrase of a call, which are all that CVAT hands on of a refusal. */
async function refusal(
  context: TestContext,
  app: Express,
  body: string,
  headers: Readonly<Record<string, string>> = NAMED,
): Promise<{ readonly status: number; readonly reason: string }> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/api/function_invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body,
  });
  await response.arrayBuffer();
  return { status: response.status, reason: response.statusText };
}

test('a refusal stands in the reason phrase, in ASCII', async (context) => {
  const app = await openRealCvatApp(context);
  const shapes = [{ type: 'mask', points: [0, 4, 1, 1, 2, 2] }];
  const image = await discBase64();
  const refused: readonly (readonly [string, number, RegExp])[] = [
    ['{', 400, /^SAMRefiner: The request body is not valid JSON/],
    [JSON.stringify({ shapes }), 400, /a property "image"/],
    [JSON.stringify({ image, shapes: [[16, 12, 43, 39]] }), 400, /\/shapes\/0\. Expected object/],
    [
      JSON.stringify({ image, shapes: [{ type: 'ellipse', points: [1] }] }),
      400,
      /\["mask","polygon","rectangle"\]/,
    ],
    [
      JSON.stringify({ image, shapes: [{ type: 'mask', points: ['1'] }] }),
      400,
      /points\/0\. Expected number/,
    ],
    [JSON.stringify({ image: '', shapes }), 422, /The image has no bytes/],
    [JSON.stringify({ image: 'no base64!', shapes }), 400, /Expected base64/],
    [JSON.stringify({ image: Buffer.from('text').toString('base64'), shapes }), 422, /could not be decoded/],
    [
      JSON.stringify({ image, shapes: [{ type: 'mask', points: [0, 4, 319, 1, 320, 2] }] }),
      422,
      /320 x 240 pixels/,
    ],
  ];
  for (const [body, status, reason] of refused) {
    const answer = await refusal(context, app, body);
    assert.equal(answer.status, status, answer.reason);
    assert.match(answer.reason, reason);
    assert.match(answer.reason, /^SAMRefiner: [\x20-\x7e]+$/);
  }
});

test('an unknown function, a model that loads, a full queue and a fault are refused each with its status', async (context) => {
  const { app } = await openCvatApp(context);
  const body = JSON.stringify({
    image: 'AAAA',
    shapes: [{ type: 'mask', points: [0, 4, 1, 1, 2, 2] }],
    states: [],
  });
  const unknown = await refusal(context, app, body, { 'x-nuclio-function-name': 'some-reid' });
  assert.equal(unknown.status, 404);
  assert.match(unknown.reason, /samrefiner-refine/);
  assert.equal((await refusal(context, app, body, {})).status, 404);
  for (const [thrown, status, reason] of [
    [new RefinerError('NOT_READY'), 503, /still loading/],
    [new RefinerError('QUEUE_FULL'), 503, /busy/],
    [new Error('a secret of the inside'), 500, /^SAMRefiner: Something went wrong on the server\.$/],
  ] as const) {
    const inference = keepingInference({ refine: () => Promise.reject(thrown) });
    const { app: failing } = await openCvatApp(context, {}, { models: servingOnly(inference) });
    const answer = await refusal(context, failing, body);
    assert.equal(answer.status, status);
    assert.match(answer.reason, reason);
  }
});

test('bodies and images over their limits are refused before they are decoded', async (context) => {
  const { app } = await openCvatApp(context, { SAMREFINER_MAX_BODY_MB: '3', SAMREFINER_MAX_IMAGE_MB: '1' });
  const call = (bytes: number): string =>
    JSON.stringify({
      image: Buffer.alloc(bytes).toString('base64'),
      shapes: [{ type: 'mask', points: [0, 4, 1, 1, 2, 2] }],
    });
  const large = await refusal(context, app, call(1.5 * 2 ** 20));
  assert.deepEqual(large.status, 413);
  assert.match(large.reason, /The image is larger/);
  const larger = await refusal(context, app, call(3 * 2 ** 20));
  assert.deepEqual(larger.status, 413);
  assert.match(larger.reason, /The request body is larger/);
});

test('while the server stops, CVAT’s calls are refused too', async (context) => {
  const { app, services } = await openCvatApp(context);
  services.drain.begin();
  await request(app).get('/api/functions').expect(503);
});
