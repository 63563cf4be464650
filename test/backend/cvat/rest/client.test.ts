import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Annotations, PatchAction, ShapeData } from '../../../../src/backend/cvat/rest/annotations.js';
import { createCvatClient, type CvatClient } from '../../../../src/backend/cvat/rest/client.js';
import { cvatConnection } from '../../../../src/backend/cvat/rest/connection.js';
import { retryAfterMs } from '../../../../src/backend/cvat/rest/retry-after.js';
import { loadConfig } from '../../../../src/config.js';
import { type CvatDouble, openCvatDouble } from '../../../support/cvat-double.js';
import { readFixture } from '../../../support/fixtures.js';
import { json, openImageHost, redirect } from '../../../support/image-host.js';
import { refusedWith } from '../../../support/refusals.js';

interface RestCase {
  readonly id: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: { readonly shapes?: readonly ShapeData[] };
  };
  readonly answer: { readonly status: number; readonly body?: unknown };
  readonly validated?: Readonly<Record<string, { readonly ok: boolean }>>;
}

const CASES = JSON.parse(readFixture('cvat/rest-annotations.json').toString()) as readonly RestCase[];
const { signal } = new AbortController();

function caseOf(id: string): RestCase {
  const found = CASES.find((one) => one.id === id);
  if (!found) throw new Error(`no case ${id}`);
  return found;
}

/** A client of an address; its waits are over at once and are listed. */
function openClient(
  context: TestContext,
  environment: Readonly<Record<string, string>>,
  waits: number[] = [],
): CvatClient {
  const client = createCvatClient({
    connection: cvatConnection(loadConfig(environment)),
    verifyTls: true,
    maxImageBytes: 1000,
    timeoutMs: 60_000,
    maxWaitMs: 100_000,
    wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  });
  context.after(() => client.close());
  return client;
}

async function openDouble(context: TestContext): Promise<CvatDouble> {
  const double = await openCvatDouble();
  context.after(() => double.close());
  return double;
}

const READS: Readonly<Record<string, (client: CvatClient) => Promise<unknown>>> = {
  labels: (client) => client.labels({ job: 19 }, signal),
  'data-meta': (client) => client.dataMeta(19, signal),
  annotations: (client) => client.annotations(19, signal),
};

for (const [id, read] of Object.entries(READS)) {
  test(`the recorded answer "${id}" is read whole, by the recorded request`, async (context) => {
    const { request, answer } = caseOf(id);
    const host = await openImageHost(context, json(200, answer.body));
    const environment = { CVAT_URL: host.origin, CVAT_ACCESS_TOKEN: 'a', CVAT_ORGANIZATION: 'my-team' };
    const found = await read(openClient(context, environment));
    const seen = host.received[0];
    const [path, query] = (seen?.url ?? '').split('?');
    const [wantedPath, wantedQuery] = request.path.split('?');
    assert.equal(path, wantedPath);
    for (const [name, value] of new URLSearchParams(wantedQuery)) {
      assert.equal(new URLSearchParams(query).get(name), value);
    }
    const body = answer.body as Annotations & { readonly results?: unknown };
    const { shapes, tags, tracks } = body;
    const whole = id === 'annotations' ? { shapes, tags, tracks } : (body.results ?? body);
    assert.deepEqual(found, whole);
  });
}

for (const id of ['create', 'create-minimal', 'update', 'update-polygon-to-mask', 'delete']) {
  test(`the recorded write "${id}" goes out as recorded and its answer is read`, async (context) => {
    const { request, answer } = caseOf(id);
    const answered = answer.body as Annotations;
    // Where the recording has no ids, because nothing was stored, CVAT would have given some.
    const shapes = answered.shapes.map((shape, index) => ({ ...shape, id: index + 1 }));
    const host = await openImageHost(context, json(200, { ...answered, shapes }));
    const client = openClient(context, { CVAT_URL: host.origin });
    const action = request.path.split('=')[1] as PatchAction;
    const found = await client.patchShapes(19, action, request.body?.shapes ?? [], signal);
    assert.deepEqual(found, shapes);
    const seen = host.received[0];
    assert.equal(`${seen?.method} ${seen?.url}`, `PATCH ${request.path}`);
    const sent = JSON.parse(seen?.body ?? '') as Annotations;
    assert.deepEqual(sent, { version: 0, tags: [], tracks: [], shapes: request.body?.shapes });
  });
}

test('the double judges every recorded write as CVAT 2.54 does', async (context) => {
  const double = await openDouble(context);
  for (const { id, request, answer, validated } of CASES) {
    if (validated === undefined && id !== 'no-action') continue;
    double.addJob({ id: 19 });
    const { status } = await fetch(double.origin + request.path, {
      method: request.method,
      body: JSON.stringify(request.body),
    });
    assert.equal(status, answer.status, id);
  }
});

test('the recorded refusal of a token is told as such, without the token', async (context) => {
  const { answer } = caseOf('wrong-token');
  const host = await openImageHost(context, json(answer.status, answer.body));
  const client = openClient(context, { CVAT_URL: host.origin, CVAT_ACCESS_TOKEN: 'nonsense' });
  await assert.rejects(client.job(19, signal), (error: unknown) => {
    assert.ok(!JSON.stringify(error).includes('nonsense'));
    return refusedWith('CVAT_UNAUTHORIZED', { received: /status 401: .*Invalid token/ })(error);
  });
});

const CREDENTIALS = [
  ['a personal token', { CVAT_ACCESS_TOKEN: 'p', CVAT_TOKEN: 'l' }, 'Bearer p'],
  ['a legacy token', { CVAT_TOKEN: 'l', CVAT_USERNAME: 'u', CVAT_PASSWORD: 'x' }, 'Token l'],
  ['name and password', { CVAT_USERNAME: 'u', CVAT_PASSWORD: 'ü' }, 'Basic dTrDvA=='],
] as const;

for (const [kind, environment, header] of CREDENTIALS) {
  test(`${kind} and the organisation are sent with every request`, async (context) => {
    const double = await openDouble(context);
    Object.assign(double, { authorization: header, organization: 'my-team' });
    double.addJob({ id: 19 });
    const settings = { CVAT_URL: double.origin, ...environment, CVAT_ORGANIZATION: 'my-team' };
    assert.equal((await openClient(context, settings).job(19, signal)).id, 19);
    await assert.rejects(
      openClient(context, { ...settings, CVAT_ORGANIZATION: 'others' }).job(19, signal),
      refusedWith('CVAT_NOT_FOUND'),
    );
  });
}

test('all pages are read, at the address that is set and not at the one that CVAT names', async (context) => {
  const double = await openDouble(context);
  for (let id = 1; id <= 230; id++) double.addJob({ id, task_id: 7 + (id % 2) });
  const client = openClient(context, { CVAT_URL: double.origin });
  assert.equal((await client.jobs({ task: 7 }, signal)).length, 115);
  assert.equal((await client.jobs({ project: 4, state: 'new', type: 'annotation' }, signal)).length, 230);
  assert.equal((await client.jobs({ project: 4, state: 'completed' }, signal)).length, 0);
});

test('a frame that is being prepared is waited for as long as CVAT asks', async (context) => {
  const double = await openDouble(context);
  double.addJob({ id: 19 });
  double.frame = () => new Uint8Array([1, 2, 3]);
  let refusals = 2;
  double.interfere = () =>
    refusals-- > 0 ? { kind: 'answer', status: 429, headers: { 'retry-after': '7' } } : undefined;
  const waits: number[] = [];
  const client = openClient(context, { CVAT_URL: double.origin }, waits);
  assert.deepEqual([...(await client.frame(19, 0, signal))], [1, 2, 3]);
  assert.deepEqual(waits, [7000, 7000]);
  assert.match(double.requests[0]?.path ?? '', /\/jobs\/19\/data\?type=frame&number=0&quality=original/);
});

test('CVAT that is never ready is given up after the time that is set', async (context) => {
  const double = await openDouble(context);
  double.interfere = () => ({ kind: 'answer', status: 429, headers: { 'retry-after': '60' } });
  const client = openClient(context, { CVAT_URL: double.origin });
  await assert.rejects(client.job(19, signal), refusedWith('CVAT_UNAVAILABLE'));
  assert.equal(double.requests.length, 2);
});

test('a read is repeated when a proxy has no answer, a write is not', async (context) => {
  const double = await openDouble(context);
  double.addJob({ id: 19 });
  let refusals = 1;
  double.interfere = () => (refusals-- > 0 ? { kind: 'answer', status: 504 } : undefined);
  const client = openClient(context, { CVAT_URL: double.origin });
  assert.equal((await client.job(19, signal)).id, 19);
  refusals = 1;
  await assert.rejects(client.patchShapes(19, 'create', [], signal), refusedWith('CVAT_UNAVAILABLE'));
});

test('Retry-After is read as seconds or as a date, within bounds', () => {
  const nowMs = Date.parse('2026-01-05T10:00:00Z');
  assert.equal(retryAfterMs({ 'retry-after': '3' }, 0, nowMs), 3000);
  assert.equal(retryAfterMs({ 'retry-after': 'Mon, 05 Jan 2026 10:00:20 GMT' }, 0, nowMs), 20_000);
  assert.equal(retryAfterMs({ 'retry-after': '86400' }, 0, nowMs), 60_000);
  assert.equal(retryAfterMs({}, 0, nowMs), 500);
  assert.equal(retryAfterMs({ 'retry-after': '0' }, 3, nowMs), 4000);
  assert.equal(retryAfterMs({ 'retry-after': 'soon' }, 50, nowMs), 60_000);
});

test('answers of another form, redirects and frames that are too large are refused', async (context) => {
  const odd = await openImageHost(context, json(200, { shapes: [{ id: 1 }], tags: [], tracks: [] }));
  await assert.rejects(
    openClient(context, { CVAT_URL: odd.origin }).annotations(19, signal),
    refusedWith('CVAT_ANSWER_INVALID'),
  );
  const page = await openImageHost(context, (_, response) => {
    response.end('<html>'.padEnd(2000));
  });
  const client = openClient(context, { CVAT_URL: page.origin });
  await assert.rejects(client.job(19, signal), refusedWith('CVAT_ANSWER_INVALID'));
  await assert.rejects(client.frame(19, 0, signal), refusedWith('IMAGE_TOO_LARGE'));
  const elsewhere = await openImageHost(context, redirect(`${page.origin}/api/jobs/19`));
  await assert.rejects(
    openClient(context, { CVAT_URL: elsewhere.origin, CVAT_TOKEN: 't' }).job(19, signal),
    refusedWith('CVAT_REFUSED', { received: /a redirect to http:\/\/127/ }),
  );
  assert.ok(page.received.every(({ authorization }) => authorization === undefined));
});

test('a request ends at once when the caller no longer wants it', async (context) => {
  const double = await openDouble(context);
  const controller = new AbortController();
  double.interfere = () => {
    controller.abort(new Error('enough'));
    return new Promise(() => undefined);
  };
  const client = openClient(context, { CVAT_URL: double.origin });
  await assert.rejects(client.job(19, controller.signal), /enough/);
});

test('without an address, or with half of a user, nothing is asked', () => {
  assert.throws(() => cvatConnection(loadConfig({})), refusedWith('CVAT_NOT_SET_UP'));
  assert.throws(() => loadConfig({ CVAT_USERNAME: 'u' }), refusedWith('CONFIG_INVALID'));
});
