import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import type { Express } from 'express';
import request from 'supertest';
import type { ListableFunction } from '../../../src/backend/cvat/listable-function.js';
import { openNuclioUpstream } from '../../../src/backend/cvat/nuclio-upstream.js';
import { readFixture } from '../../support/fixtures.js';
import { type Answer, json, openImageHost, type ReceivedRequest } from '../../support/image-host.js';
import { openCvatApp } from './open-cvat-app.js';

interface Invocation {
  readonly id: string;
  readonly function_request: {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: object;
  };
}

const INVOCATIONS = JSON.parse(
  readFixture('cvat/other-invocations.json').toString(),
) as readonly Invocation[];
/** Recorded calls of functions that are not ours. */
const FOREIGN = INVOCATIONS.filter(
  ({ function_request: { headers } }) => !headers['x-nuclio-function-name']?.startsWith('samrefiner-'),
);
const OURS = 'samrefiner-refine';
const ALL_OURS = ['samrefiner-interactor', OURS];
const LIMIT_BYTES = 64 * 1024;

function nuclioFunction(name: string, description: unknown = 'd'): ListableFunction {
  const annotations = { name, type: 'reid', spec: '' };
  return { metadata: { name, annotations }, spec: { description }, status: { state: 'ready' } } as never;
}

async function openBeside(
  context: TestContext,
  answer: Answer,
): Promise<{ readonly app: Express; readonly received: readonly ReceivedRequest[] }> {
  const { origin, received } = await openImageHost(context, answer);
  return { app: await openBefore(context, origin), received };
}

async function openBefore(context: TestContext, url: string): Promise<Express> {
  const nuclio = openNuclioUpstream({ url, verifyTls: true, maxAnswerBytes: LIMIT_BYTES });
  context.after(() => nuclio.close());
  return (await openCvatApp(context, {}, { nuclio })).app;
}

async function listed(app: Express): Promise<Readonly<Record<string, ListableFunction>>> {
  return (await request(app).get('/api/functions').expect(200)).body as Record<string, ListableFunction>;
}

test('CVAT finds our functions and those of the Nuclio behind, ours where both have a name', async (context) => {
  const { app, received } = await openBeside(
    context,
    json(200, {
      key: nuclioFunction('some-reid'),
      [OURS]: nuclioFunction(OURS, 'another'),
      bad: { metadata: { name: 'bad', annotations: {} }, status: {} },
    }),
  );
  const functions = await listed(app);
  assert.deepEqual(Object.keys(functions).sort(), [...ALL_OURS, 'some-reid']);
  assert.deepEqual(functions['some-reid'], nuclioFunction('some-reid'));
  assert.notDeepEqual(functions[OURS], nuclioFunction(OURS, 'another'));
  assert.equal(received[0]?.url, '/api/functions');
});

test('recorded calls of other functions are handed on as they are, and so are their answers', async (context) => {
  assert.ok(FOREIGN.length >= 4);
  const { app, received } = await openBeside(context, json(200, [0, { label: 'cat' }]));
  for (const { function_request: call } of FOREIGN) {
    const body = JSON.stringify(call.body);
    const answer = await request(app).post(call.path).set(call.headers).send(body).expect(200);
    assert.deepEqual(answer.body, [0, { label: 'cat' }]);
    const passed = received.at(-1);
    assert.equal(passed?.body, body);
    assert.equal(passed.url, '/api/function_invocations');
    for (const [name, value] of Object.entries(call.headers)) {
      if (/nuclio|content-type|user-agent/i.test(name)) {
        assert.equal(passed.headers[name.toLowerCase()], value, name);
      }
    }
  }
});

test('one function of the Nuclio behind is answered as it answers, an unknown one too', async (context) => {
  const { app, received } = await openBeside(context, (asked, response) => {
    const isKnown = asked.url === '/api/functions/some-reid';
    json(isKnown ? 200 : 404, isKnown ? nuclioFunction('some-reid') : { error: 'no' })(asked, response);
  });
  const one = await request(app).get('/api/functions/some-reid').expect(200);
  assert.deepEqual(one.body, nuclioFunction('some-reid'));
  await request(app).get('/api/functions/nobody').expect(404);
  await request(app).get(`/api/functions/${OURS}`).expect(200);
  assert.equal(received.length, 2);
  for (const name of ['%2e%2e', 'a%2Fb', 'a%20b'])
    await request(app).get(`/api/functions/${name}`).expect(404);
  assert.equal(received.length, 2);
});

test('a Nuclio that is down or answers nonsense leaves our functions in the list', async (context) => {
  const down = await openBefore(context, 'http://127.0.0.1:1');
  assert.deepEqual(Object.keys(await listed(down)).sort(), ALL_OURS);
  const nonsense: readonly Answer[] = [
    json(500, {}),
    json(200, []),
    json(200, null),
    json(200, { large: 'x'.repeat(LIMIT_BYTES) }),
    (_, response) => void response.end('<html>'),
    (_, response) => void response.destroy(),
  ];
  for (const answer of nonsense) {
    const { app } = await openBeside(context, answer);
    assert.deepEqual(Object.keys(await listed(app)).sort(), ALL_OURS);
  }
});

/** Status and reason phrase of a call of a function behind. */
async function outcome(context: TestContext, app: Express): Promise<readonly [number, string]> {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/api/function_invocations`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-nuclio-function-name': 'some-reid',
      'x-nuclio-invoke-timeout': '1s',
      connection: 'close',
    },
    body: '{}',
  });
  await response.arrayBuffer();
  return [response.status, response.statusText];
}

test('its errors keep their reason phrase, and where it fails ours says so', async (context) => {
  const refusing = await openBeside(context, (_, response) => {
    response.writeHead(422, 'no such label').end('{}');
  });
  assert.deepEqual(await outcome(context, refusing.app), [422, 'no such label']);
  const cases: readonly (readonly [Express, RegExp])[] = [
    [await openBefore(context, 'http://127.0.0.1:1'), /ECONNREFUSED/],
    [(await openBeside(context, () => undefined)).app, /nothing within 1000 ms/],
    [(await openBeside(context, json(200, 'x'.repeat(LIMIT_BYTES)))).app, /more than 65536 bytes/],
  ];
  for (const [app, reason] of cases) {
    const [status, phrase] = await outcome(context, app);
    assert.equal(status, 502);
    assert.match(phrase, /^SAMRefiner: The Nuclio behind this server did not answer as it should\./);
    assert.match(phrase, reason);
  }
});

test('a redirect of the Nuclio behind leads nowhere', async (context) => {
  const elsewhere = await openImageHost(context, json(200, {}));
  const { app } = await openBeside(context, (_, response) => {
    response.writeHead(302, { location: elsewhere.origin }).end();
  });
  assert.deepEqual(Object.keys(await listed(app)).sort(), ALL_OURS);
  assert.deepEqual(elsewhere.received, []);
});

test('a server that is set up to be behind itself answers its own functions', async (context) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const app = await openBefore(context, `http://127.0.0.1:${port}`);
  let asked = 0;
  server.on('request', (req, res) => {
    asked += 1;
    app(req, res);
  });
  assert.deepEqual(Object.keys(await listed(app)).sort(), ALL_OURS);
  assert.equal(asked, 1);
});
