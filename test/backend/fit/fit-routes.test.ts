import assert from 'node:assert/strict';
import test from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import request from 'supertest';
import { CURRENT_SCHEMA, PROJECT_SCHEMA, PROJECTS_SCHEMA } from '../../../src/backend/fit/adapter-paths.js';
import { writeAdapter } from '../../../src/fit/adapter-file.js';
import { storeAdapter } from '../../../src/fit/adapter-store.js';
import { syntheticRecord } from '../../fit/synthetic-record.js';
import { openQueue, temporaryFolder } from '../jobs/open-queue.js';
import { openApp } from '../open-app.js';

const ajv = new Ajv2020({ allowUnionTypes: true });

function requireForm(schema: object, body: unknown): void {
  const isValid = ajv.compile(schema);
  assert.ok(isValid(body), JSON.stringify(isValid.errors));
}

function errorCode(response: { readonly body: unknown }): string {
  return (response.body as { readonly error: { readonly code: string } }).error.code;
}

test('adapters are listed, rolled back, exported and imported over HTTP, in the form that the document says', async (context) => {
  const { app, services } = await openApp(context);
  const { adaptersDir } = services.config;
  await storeAdapter(adaptersDir, 'bees', syntheticRecord(1));
  await storeAdapter(adaptersDir, 'bees', syntheticRecord(2));
  const projects = await request(app).get('/v1/adapters').expect(200);
  requireForm(PROJECTS_SCHEMA, projects.body);
  assert.deepEqual(projects.body, { projects: [{ project: 'bees', current: 2 }] });
  const listed = await request(app).get('/v1/adapters/bees').expect(200);
  requireForm(PROJECT_SCHEMA, listed.body);
  assert.equal((listed.body as { versions: unknown[] }).versions.length, 2);

  const back = await request(app).post('/v1/adapters/bees/rollback').send({}).expect(200);
  requireForm(CURRENT_SCHEMA, back.body);
  assert.deepEqual(back.body, { project: 'bees', current: 1 });
  await request(app).post('/v1/adapters/bees/rollback').send({ version: 2 }).expect(200);

  const file = await request(app).get('/v1/adapters/bees/export?version=1').buffer(true).expect(200);
  assert.match(file.headers['content-disposition'] ?? '', /bees-1\.json/);
  assert.equal(file.text, Buffer.from(writeAdapter(syntheticRecord(1))).toString());
  const imported = await request(app)
    .post('/v1/adapters/wasps/import')
    .set('Content-Type', 'application/json')
    .send(file.text)
    .expect(201);
  assert.deepEqual(imported.body, { project: 'wasps', current: 1 });
  const document = (await request(app).get('/v1/openapi.json').expect(200)).body as { paths: object };
  for (const path of ['/v1/fit', '/v1/adapters', '/v1/adapters/{project}/import']) {
    assert.ok(path in document.paths, path);
  }
});

test('what cannot be is refused, and the version in use stays', async (context) => {
  const { app, services } = await openApp(context);
  const { adaptersDir } = services.config;
  await storeAdapter(adaptersDir, 'bees', syntheticRecord(1));
  const put = (text: string): request.Test =>
    request(app).post('/v1/adapters/bees/import').set('Content-Type', 'application/json').send(text);
  const own = Buffer.from(writeAdapter(syntheticRecord(2))).toString();
  assert.equal(errorCode(await put(own.replace('0.85', '0.86')).expect(422)), 'ADAPTER_DAMAGED');
  assert.equal(errorCode(await put('{}').expect(422)), 'ADAPTER_DAMAGED');
  const model = { version: 'sam-1', fingerprint: 'f'.repeat(64) };
  const foreign = Buffer.from(writeAdapter(syntheticRecord(2, { model }))).toString();
  assert.equal(errorCode(await put(foreign).expect(409)), 'ADAPTER_MISMATCH');
  assert.equal(errorCode(await put(' '.repeat(2_000_001)).expect(413)), 'BODY_TOO_LARGE');
  const get = (path: string): request.Test => request(app).get(path);
  assert.equal(errorCode(await get('/v1/adapters/none/export').expect(400)), 'ADAPTER_UNKNOWN');
  assert.equal(errorCode(await get('/v1/adapters/bees/export?version=x').expect(400)), 'QUERY_INVALID');
  assert.equal(errorCode(await get('/v1/adapters/..%2F..').expect(400)), 'ADAPTER_PROJECT');
  const back = request(app).post('/v1/adapters/bees/rollback').send({ version: 9 });
  assert.equal(errorCode(await back.expect(400)), 'ADAPTER_UNKNOWN');
  const stays = await get('/v1/adapters/bees').expect(200);
  assert.equal((stays.body as { current: number }).current, 1);
  await request(app).put('/v1/adapters').expect(405);
  const locked = await openApp(context, { BASIC_AUTH_USER: 'u', BASIC_AUTH_PASS: 'p' });
  await request(locked.app).get('/v1/adapters').expect(401);
  await request(locked.app).post('/v1/fit').send({}).expect(401);
});

test('a fit is asked for by folder and name, an equal one joins, and what is unclear is refused', async (context) => {
  const data = await temporaryFolder(context);
  const { app } = await openApp(context, { SAMREFINER_DATA_DIR: data });
  const outside = { source: 'folder', name: 'bees', images: '..', masks: '.' };
  assert.equal(errorCode(await request(app).post('/v1/fit').send(outside).expect(400)), 'JOB_FOLDER_INVALID');
  const nameless = { source: 'folder', images: 'a', masks: 'b' };
  assert.equal(errorCode(await request(app).post('/v1/fit').send(nameless).expect(400)), 'BODY_INVALID');
  const unknown = { source: 'moon', name: 'bees' };
  const answer = await request(app).post('/v1/fit').send(unknown).expect(400);
  assert.match(answer.text, /folder/);
  const closed = await openApp(context);
  const folder = { ...nameless, name: 'bees' };
  assert.equal(
    errorCode(await request(closed.app).post('/v1/fit').send(folder).expect(403)),
    'JOB_KIND_REFUSED',
  );
});

test('the project of a platform names the job and what is learned', async (context) => {
  const { queue } = await openQueue(context);
  const asked: object[] = [];
  const jobs: typeof queue = {
    ...queue,
    enqueue: (wanted) => {
      asked.push(wanted);
      return queue.enqueue({ ...wanted, kind: 'work' });
    },
  };
  const { app } = await openApp(context, {}, { jobs });
  const body = { source: 'label-studio', project: '7' };
  const first = await request(app).post('/v1/fit').send(body).expect(202);
  assert.match(first.headers['location'] ?? '', /^\/v1\/jobs\//);
  await request(app).post('/v1/fit').send(body).expect(200);
  await request(app).post('/v1/fit').send({ source: 'cvat', project: 3 }).expect(202);
  assert.deepEqual(asked, [
    { kind: 'fit', project: 'label-studio-7', input: body, delayMs: 0 },
    { kind: 'fit', project: 'label-studio-7', input: body, delayMs: 0 },
    { kind: 'fit', project: 'cvat-3', input: { source: 'cvat', project: 3 }, delayMs: 0 },
  ]);
});
