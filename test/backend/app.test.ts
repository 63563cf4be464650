import assert from 'node:assert/strict';
import test from 'node:test';
import request, { type Response } from 'supertest';
import { openApp } from './open-app.js';
import { keepingInference } from './inline-inference.js';
import { servingOnly } from './serving-only.js';

type JsonResponse = Omit<Response, 'body'> & { readonly body: unknown };

const CREDENTIALS = { BASIC_AUTH_USER: 'labeller', BASIC_AUTH_PASS: 'pass:wörd' };

function errorOf(response: Response): { code: string; message: string; id: string; [fact: string]: string } {
  assert.match(response.type, /application\/json/);
  const { error } = response.body as { error: { code: string; message: string; id: string } };
  return error;
}

test('/ and /health say who answers, also while the model is loading', async (context) => {
  const { app } = await openApp(
    context,
    {},
    { models: servingOnly(keepingInference({ isReady: () => false })) },
  );
  for (const path of ['/', '/health']) {
    const { status, body, headers } = (await request(app).get(path)) as JsonResponse;
    assert.equal(status, 200);
    assert.deepEqual(body, {
      status: 'UP',
      model_class: 'SAMRefiner',
      model_version: 'keep-1',
      ready: false,
      version: '0.0.0',
    });
    assert.equal(headers['x-powered-by'], undefined);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  }
});

test('/livez always answers, /readyz only while requests can be taken', async (context) => {
  const loading = await openApp(
    context,
    {},
    { models: servingOnly(keepingInference({ isReady: () => false })) },
  );
  await request(loading.app).get('/livez').expect(200);
  await request(loading.app).get('/readyz').expect(503).expect('Retry-After', /\d+/);
  const { app, services } = await openApp(context);
  await request(app).get('/readyz').expect(200);
  services.drain.begin();
  await request(app).get('/livez').expect(200);
  await request(app).get('/readyz').expect(503);
});

test('an unknown address is 404 and another method 405, both in JSON with an id', async (context) => {
  const { app } = await openApp(context);
  const unknown = await request(app).get('/nothing/here');
  assert.equal(unknown.status, 404);
  assert.equal(errorOf(unknown).code, 'NOT_FOUND');
  assert.match(errorOf(unknown).id, /^[0-9a-f-]{36}$/);
  assert.equal(unknown.headers['x-request-id'], errorOf(unknown).id);
  assert.equal((unknown.body as { detail: string }).detail, errorOf(unknown).message);

  const method = await request(app).delete('/health');
  assert.equal(method.status, 405);
  assert.equal(method.headers['allow'], 'GET, HEAD');
  assert.equal(errorOf(method).code, 'METHOD_NOT_ALLOWED');
  assert.equal((await request(app).get('/predict')).status, 405);
  assert.equal((await request(app).get('/%zz')).status, 404);
});

test('with credentials set, everything but probes and webhooks asks for them', async (context) => {
  const { app } = await openApp(context, CREDENTIALS);
  for (const path of ['/', '/health', '/metrics', '/nothing', '/versions']) {
    const refused = await request(app).get(path);
    assert.equal(refused.status, 401, path);
    assert.equal(errorOf(refused).code, 'UNAUTHORIZED');
    assert.match(refused.headers['www-authenticate'] ?? '', /^Basic realm=/);
  }
  assert.equal((await request(app).post('/predict').send({})).status, 401);
  await request(app).get('/livez').expect(200);
  await request(app).get('/readyz').expect(200);
  assert.ok((await request(app).post('/webhook').send({ action: 'TASKS_CREATED' })).status < 300);
  await request(app).get('/health').auth('labeller', 'pass:wörd').expect(200);
});

test('wrong credentials of every kind are refused', async (context) => {
  const { app } = await openApp(context, CREDENTIALS);
  const encoded = (text: string): string => Buffer.from(text).toString('base64');
  for (const header of [
    `Basic ${encoded('labeller:pass')}`,
    `Basic ${encoded('labeller:pass:wörd ')}`,
    `Basic ${encoded('Labeller:pass:wörd')}`,
    `Basic ${encoded('labeller')}`,
    `Bearer ${encoded('labeller:pass:wörd')}`,
    'Basic',
    'Basic !!!',
    encoded('labeller:pass:wörd'),
  ]) {
    await request(app).get('/health').set('Authorization', header).expect(401);
  }
});

test('while the server stops, new requests are sent away and their connections closed', async (context) => {
  const { app, services } = await openApp(context);
  services.drain.begin();
  const refused = await request(app).post('/predict').send({ tasks: [] });
  assert.equal(refused.status, 503);
  assert.equal(errorOf(refused).code, 'DRAINING');
  assert.equal(refused.headers['connection'], 'close');
  assert.match(refused.headers['retry-after'] ?? '', /^\d+$/);
});

test('an unexpected error tells the stranger an id and the log the reason', async (context) => {
  const inference = keepingInference();
  const broken = {
    ...inference,
    get modelVersion(): string {
      throw new TypeError('reason with /secret/path');
    },
  };
  const { app, logged } = await openApp(context, {}, { models: servingOnly(broken) });
  const failed = await request(app).get('/health');
  assert.equal(failed.status, 500);
  const { code, id } = errorOf(failed);
  assert.equal(code, 'INTERNAL');
  assert.doesNotMatch(failed.text, /secret|TypeError|\.js/);
  const line = logged()
    .split('\n')
    .find((entry) => entry.includes(id) && entry.includes('reason with'));
  assert.ok(line?.includes('TypeError'));
});

test('/metrics has requests, stages, verdicts, cache, queue, event loop and process', async (context) => {
  const { app } = await openApp(context, {}, { models: servingOnly(keepingInference({ queued: 3 })) });
  await request(app).get('/health');
  await request(app).get('/nothing');
  const { text, type, status } = await request(app).get('/metrics');
  assert.equal(status, 200);
  assert.match(type, /text\/plain/);
  assert.match(
    text,
    /samrefiner_request_duration_seconds_count\{route="\/health",method="GET",status="200"\} 1/,
  );
  assert.match(
    text,
    /samrefiner_request_duration_seconds_count\{route="other",method="GET",status="404"\} 1/,
  );
  assert.match(text, /samrefiner_queue_length\{model="only"\} 3/);
  assert.match(text, /samrefiner_ready\{model="only"\} 1/);
  assert.match(text, /nodejs_eventloop_lag_seconds/);
  assert.match(text, /process_resident_memory_bytes/);
});

test('every refinement is counted, whichever endpoint asked for it', async (context) => {
  const { app } = await openApp(context);
  const pixel =
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==';
  const region = {
    id: 'abcdefghij',
    from_name: 'shape',
    to_name: 'image',
    type: 'polygonlabels',
    original_width: 8,
    original_height: 8,
    value: {
      points: [
        [0, 0],
        [50, 0],
        [50, 50],
      ],
      polygonlabels: ['Ball'],
    },
  };
  const task = {
    id: 1,
    data: { image: pixel },
    predictions: [{ id: 5, result: [region], model_version: 'rough' }],
  };
  const label_config =
    '<View><Image name="image" value="$image"/><PolygonLabels name="shape" toName="image"><Label value="Ball"/></PolygonLabels></View>';
  const answer = await request(app)
    .post('/predict')
    // With a second one: a task that is sent alone has been opened, and its image is made ready besides.
    .send({ tasks: [task, { id: 2, data: {} }], project: '7.1', label_config });
  assert.equal(answer.status, 200, answer.text);
  const { text } = await request(app).get('/metrics');
  assert.match(text, /samrefiner_masks_total\{verdict="kept",reason="too-small"\} 1/);
  assert.match(text, /samrefiner_embeddings_total\{cached="true"\} 1/);
  assert.match(text, /samrefiner_stage_duration_seconds_sum\{stage="encode"\} 0\.003/);
  for (const stage of ['queue', 'image_decode', 'prompt', 'decode', 'output', 'image_fetch']) {
    assert.match(text, new RegExp(`samrefiner_stage_duration_seconds_count\\{stage="${stage}"\\} 1`), stage);
  }
});

test('/v1/refine answers with the same server, and its document is served', async (context) => {
  const { app } = await openApp(context);
  const body = { image: 'data:image/png;base64,AAAA', masks: [{ id: 'm', box: [0, 0, 4, 4] }] };
  const answer = await request(app).post('/v1/refine').send(body);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.body, {
    model: 'keep-1',
    image: { width: 8, height: 8 },
    masks: [{ id: 'm', status: 'kept', reason: 'too-small', figures: null }],
  });
  const invalid = await request(app).post('/v1/refine').send({ image: 3 });
  assert.equal(invalid.status, 400);
  assert.equal(errorOf(invalid).code, 'BODY_INVALID');
  await request(app).get('/v1/openapi.json').expect(200);
  await request(app).get('/v1/refine').expect(405);
});
