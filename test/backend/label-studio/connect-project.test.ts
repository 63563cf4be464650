import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { connectProject, type ConnectRequest } from '../../../src/backend/label-studio/connect-project.js';
import type { Environment } from '../../../src/config.js';
import { type LabelStudioDouble, openLabelStudio } from '../../support/label-studio/open-label-studio.js';
import { projectOf } from '../../support/label-studio/state.js';
import { LEGACY_TOKEN } from '../../support/label-studio/tokens.js';
import { refusedWith } from '../../support/refusals.js';
import { openApp, type TestApp } from '../open-app.js';
import { openApi } from './api/open-api.js';

const SIGNAL = new AbortController().signal;
const CREDENTIALS = { BASIC_AUTH_USER: 'label', BASIC_AUTH_PASS: 'st udio' };

interface Opened extends TestApp {
  readonly double: LabelStudioDouble;
  readonly backendUrl: string;
  readonly connect: (changes?: Partial<ConnectRequest>) => ReturnType<typeof connectProject>;
}

/** A Label Studio with project 7, and this server listening. */
async function open(context: TestContext, env: Environment = {}): Promise<Opened> {
  const double = await openLabelStudio(context);
  double.state.projects.push(projectOf(7, '<View/>', []));
  const opened = await openApp(context, env);
  const server = opened.app.listen(0, '127.0.0.1');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const backendUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { api } = openApi(context, double.origin, LEGACY_TOKEN);
  const base = {
    project: 7,
    backendUrl,
    title: 'SAMRefiner',
    isInteractive: true,
    basicAuth: null,
    webhookSecret: null,
  };
  return {
    ...opened,
    double,
    backendUrl,
    connect: (changes = {}) => connectProject({ ...base, ...changes }, api, SIGNAL),
  };
}

test('a project is connected as interactive, after Label Studio has tried the server', async (context) => {
  const { double, backendUrl, connect } = await open(context);
  const connected = await connect({ extraParams: { refine: { sources: ['annotations'] } } });
  assert.ok(connected.isNew);
  assert.equal(connected.askedInstead, null);
  assert.match(connected.backend.model_version ?? '', /^samrefiner-keep-1-settings-/);
  const [backend, ...others] = double.state.backends;
  assert.deepEqual(others, []);
  assert.equal(backend?.url, backendUrl);
  assert.equal(backend.is_interactive, true);
  assert.equal(backend.auth_method, 'NONE');
  assert.deepEqual(backend.extra_params, { refine: { sources: ['annotations'] } });
});

test('a second time brings the connection up to date and keeps its options', async (context) => {
  const { double, backendUrl, connect } = await open(context);
  await connect({ extraParams: { refine: { semantic: true } } });
  const again = await connect({ backendUrl: `${backendUrl}/`, isInteractive: false, title: 'Refiner' });
  assert.equal(again.isNew, false);
  const [backend, ...others] = double.state.backends;
  assert.deepEqual(others, []);
  assert.equal(backend?.is_interactive, false);
  assert.equal(backend.title, 'Refiner');
  assert.deepEqual(backend.extra_params, { refine: { semantic: true } });
});

test('credentials go into the connection and into the webhook, which would come without', async (context) => {
  const { double, connect } = await open(context, CREDENTIALS);
  const connected = await connect({ basicAuth: { user: 'label', password: 'st udio' } });
  assert.equal(connected.webhookAuthorized, true);
  assert.equal(double.state.backends[0]?.auth_method, 'BASIC_AUTH');
  const [webhook] = double.state.webhooks;
  assert.ok(webhook);
  const body = JSON.stringify({ action: 'PROJECT_UPDATED', project: { id: 7 } });
  const headers = { ...webhook.headers, 'content-type': 'application/json' };
  const answer = await fetch(webhook.url, { method: 'POST', headers, body });
  assert.ok(answer.ok);
});

test('the secret goes into the webhook, which the server then takes, beside headers that it has', async (context) => {
  const secret = 'whisper';
  const { double, connect } = await open(context, { SAMREFINER_WEBHOOK_SECRET: secret });
  await connect();
  const [webhook] = double.state.webhooks;
  assert.ok(webhook);
  const post = async (): Promise<number> => {
    const body = JSON.stringify({ action: 'ANNOTATION_CREATED', project: { id: 7 } });
    const headers = { ...webhook.headers, 'content-type': 'application/json' };
    return (await fetch(webhook.url, { method: 'POST', headers, body })).status;
  };
  assert.equal(await post(), 401);
  webhook.headers = { 'x-samrefiner-secret': 'old', 'X-Other': 'kept' };
  assert.equal((await connect({ webhookSecret: secret })).webhookAuthorized, true);
  assert.deepEqual(webhook.headers, { 'X-Other': 'kept', 'X-Samrefiner-Secret': secret });
  assert.equal(await post(), 201);
});

test('options that cannot be used are refused with what is wrong, before anything is changed', async (context) => {
  const { double, connect } = await open(context);
  const refine = { rounds: 99, preset: 'paper', output: 'ellipse' };
  await assert.rejects(
    connect({ extraParams: { refine } }),
    refusedWith('OPTIONS_INVALID', {
      where:
        /^refine\.rounds: expected integer 1 to 20, received 99; refine\.output: expected auto, .*"ellipse"$/,
    }),
  );
  await assert.rejects(
    connect({ extraParams: { rounds: 3 } }),
    refusedWith('OPTIONS_INVALID', {
      where: /^extra params: expected \{"refine": \{…\}\}, received an object with rounds$/,
    }),
  );
  assert.deepEqual(double.received, []);
});

test('options that a project has and that cannot be used are named', async (context) => {
  const { double, connect } = await open(context);
  const [project] = double.state.projects;
  assert.ok(project);
  project.label_config = '<View><Brush name="b" toName="i" refine_rounds="x"/></View>';
  assert.deepEqual((await connect()).ignoredOptions, [
    'refine_rounds of Brush "b": expected integer 1 to 20, received "x"',
  ]);
  Object.assign(double.state.backends[0] ?? {}, { extra_params: '{"refine": {"rounds": 0}}' });
  assert.deepEqual((await connect()).ignoredOptions, [
    'refine.rounds: expected integer 1 to 20, received 0',
    'refine_rounds of Brush "b": expected integer 1 to 20, received "x"',
  ]);
});

test('wrong credentials are refused in the words of Label Studio', async (context) => {
  const { connect } = await open(context, CREDENTIALS);
  await assert.rejects(
    connect(),
    refusedWith('LABEL_STUDIO_REFUSED', { received: /authentication parameters were either not provided/ }),
  );
});

test('a server that Label Studio cannot reach is refused, without the markup of its message', async (context) => {
  const { connect } = await open(context);
  const refused = connect({ backendUrl: 'http://127.0.0.1:9' });
  await assert.rejects(
    refused,
    refusedWith('LABEL_STUDIO_REFUSED', { received: /health check failed\. Learn more\)$/ }),
  );
});

test('another backend that stands first is named, because Label Studio asks only that', async (context) => {
  const { double, connect } = await open(context);
  const other = { id: 1, project: 7, url: 'http://other:9090', title: 'Other' };
  double.state.backends.push(other as never);
  assert.equal((await connect()).askedInstead?.title, 'Other');
});
