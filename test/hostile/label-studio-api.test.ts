import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { RequestHandler } from 'express';
import { type LabelStudioDouble, openLabelStudio } from '../support/label-studio/open-label-studio.js';
import { projectOf } from '../support/label-studio/state.js';
import { LEGACY_TOKEN, PERSONAL_TOKEN } from '../support/label-studio/tokens.js';
import { refusedWith } from '../support/refusals.js';
import { openApi, type OpenedApi } from '../backend/label-studio/api/open-api.js';
import type { ApiMeans } from '../../src/backend/label-studio/api/send-request.js';

const SIGNAL = new AbortController().signal;

async function open(
  context: TestContext,
  fault: RequestHandler | null = null,
  changes: Partial<ApiMeans> & { readonly isAllowed?: boolean } = {},
  token: string | null = LEGACY_TOKEN,
): Promise<OpenedApi & { readonly double: LabelStudioDouble }> {
  const double = await openLabelStudio(context);
  double.state.projects.push(projectOf(7, '<View/>', [{ id: 1 }]));
  double.fault = fault;
  return { double, ...openApi(context, double.origin, token, changes) };
}

/** Lets Label Studio answer after so many failures. */
function failing(times: number, fail: RequestHandler): RequestHandler {
  let left = times;
  return (req, res, next) => {
    left -= 1;
    if (left < 0) next();
    else void fail(req, res, next);
  };
}

/** A server that always has a further page. */
function endless(tasksOf: (page: number) => readonly object[]): RequestHandler {
  return (req, res) => {
    res.json({ tasks: tasksOf(Number(req.query['page'])), total: 1e12 });
  };
}

async function pages(opened: OpenedApi): Promise<number> {
  let count = 0;
  for await (const batch of opened.api.listTasks(7, SIGNAL)) count += batch.tasks.length;
  return count;
}

test('a refused legacy token is told with host, kind and remedy, and the reason that Label Studio gives', async (context) => {
  const { api, double } = await open(context);
  double.tokens.legacyEnabled = false;
  const refusal = await api.project(7, SIGNAL).then(
    () => '',
    (error: unknown) => `${String(error)} ${JSON.stringify(error)}`,
  );
  assert.match(refusal, new RegExp(double.origin));
  assert.match(refusal, /status 401 .*legacy token authentication has been disabled/);
  assert.match(refusal, /a legacy token from LABEL_STUDIO_API_KEY/);
  assert.match(refusal, /Expected .*a personal access token/);
  assert.ok(!refusal.includes(LEGACY_TOKEN));
});

test('a revoked personal token is told as such, and not tried again and again', async (context) => {
  const revoke: RequestHandler = (_req, res) => void res.status(401).json({ detail: 'Token is blacklisted' });
  const { api, double } = await open(context, revoke, {}, PERSONAL_TOKEN);
  const facts = { where: /token\/refresh/, received: /a personal access token/, expected: /neither expired/ };
  await assert.rejects(api.project(7, SIGNAL), refusedWith('LABEL_STUDIO_UNAUTHORIZED', facts));
  assert.equal(double.received.length, 1);
});

test('an access token that is refused at once is bought twice and no more', async (context) => {
  const { api, double } = await open(context, null, {}, PERSONAL_TOKEN);
  double.fault = (req, res, next) => {
    if (req.path.includes('refresh')) next();
    else res.status(401).json({});
  };
  await assert.rejects(api.project(7, SIGNAL), refusedWith('LABEL_STUDIO_UNAUTHORIZED'));
  assert.equal(double.tokens.bought, 2);
});

test('without a token, the missing one is named', async (context) => {
  const { api } = await open(context, null, {}, null);
  const facts = { received: /no token/, expected: /LABEL_STUDIO_API_KEY/ };
  await assert.rejects(api.project(7, SIGNAL), refusedWith('LABEL_STUDIO_UNAUTHORIZED', facts));
});

test('a token that the refusal repeats does not get into the message', async (context) => {
  const { api } = await open(context, (req, res) => {
    res.status(400).json({ detail: `bad header ${req.headers.authorization ?? ''} <b>really</b>` });
  });
  const facts = { received: /^status 400 \(bad header Token \[hidden\] really\)$/ };
  await assert.rejects(api.project(7, SIGNAL), refusedWith('LABEL_STUDIO_REFUSED', facts));
});

test('a web page instead of JSON hints at a wrong address', async (context) => {
  const { api, double } = await open(context, (_req, res) => void res.type('html').send('<h1>Welcome</h1>'));
  const facts = { expected: /another server/, received: /a web page/ };
  await assert.rejects(api.project(7, SIGNAL), refusedWith('LABEL_STUDIO_ANSWER', facts));
  assert.equal(double.received.length, 1);
});

test('a redirect is not followed, and where it leads is told without its query', async (context) => {
  const { api, double } = await open(context, (_req, res) => {
    res.redirect(301, 'https://labels.example.com/login?next=/api&token=secret');
  });
  const facts = { received: /^a redirect to https:\/\/labels\.example\.com\/login$/ };
  await assert.rejects(api.project(7, SIGNAL), refusedWith('LABEL_STUDIO_ANSWER', facts));
  assert.equal(double.received.length, 1);
});

for (const [what, body] of [
  ['cut off', '{"id": 7, "label_config": "<Vi'],
  ['empty', ''],
  ['a list', '[]'],
  ['without its configuration', '{"id": 7}'],
  ['too deep', '['.repeat(500)],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
] as const) {
  test(`an answer that is ${what} is Label Studio's fault`, async (context) => {
    const { api } = await open(context, (_req, res) => void res.type('json').send(body));
    await assert.rejects(
      api.project(7, SIGNAL),
      refusedWith('LABEL_STUDIO_ANSWER', { where: /127\.0\.0\.1/ }),
    );
  });
}

test('an answer whose connection breaks off half-way is asked for again', async (context) => {
  const breaking: RequestHandler = (_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    res.write('{"id": 7', () => res.destroy());
  };
  const { api, double } = await open(context, failing(2, breaking));
  assert.equal((await api.project(7, SIGNAL)).id, 7);
  assert.equal(double.received.length, 3);
});

test('an answer that announces too many bytes is not read', async (context) => {
  const { api, double } = await open(context, (_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': '99999999999' });
    res.write('{');
  });
  await assert.rejects(api.project(7, SIGNAL), refusedWith('LABEL_STUDIO_TOO_LARGE'));
  assert.equal(double.received.length, 1);
});

test('an answer that never ends is cut off', async (context) => {
  const pouring: RequestHandler = (_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    const pour = (): void => {
      while (!res.closed && res.write(' '.repeat(16_384)));
    };
    res.on('drain', pour);
    pour();
  };
  const { api } = await open(context, pouring, { maxAnswerBytes: 100_000 });
  await assert.rejects(api.project(7, SIGNAL), refusedWith('LABEL_STUDIO_TOO_LARGE'));
});

test('a huge refusal is a refusal without a reason', async (context) => {
  const { api } = await open(
    context,
    (_req, res) => void res.status(400).json({ detail: 'x'.repeat(200_000) }),
  );
  await assert.rejects(
    api.project(7, SIGNAL),
    refusedWith('LABEL_STUDIO_REFUSED', { received: /^status 400$/ }),
  );
});

test('a server that does not answer is given up, also between head and body', async (context) => {
  const retry = { maxAttempts: 2 };
  const silent = await open(context, () => undefined, { timeoutMs: 50, retry });
  await assert.rejects(
    silent.api.project(7, SIGNAL),
    refusedWith('LABEL_STUDIO_TIMEOUT', { expected: /50 ms/ }),
  );
  assert.equal(silent.waitsMs.length, 1);
  const halting = await open(context, (_req, res) => void res.type('json').write('{'), {
    timeoutMs: 50,
    retry,
  });
  await assert.rejects(halting.api.project(7, SIGNAL), refusedWith('LABEL_STUDIO_TIMEOUT'));
});

test('a busy server is asked again after the time that it names, and after doubling times otherwise', async (context) => {
  let calls = 0;
  const { api, waitsMs } = await open(context, (_req, res, next) => {
    calls += 1;
    if (calls === 1) res.status(429).set('Retry-After', '7').json({});
    else if (calls === 2) res.status(503).set('Retry-After', 'Fri, 01 Jan 2100 00:00:00 GMT').end();
    else if (calls === 3) res.status(500).end();
    else next();
  });
  assert.equal((await api.project(7, SIGNAL)).id, 7);
  // A date far away is capped.
  assert.deepEqual(waitsMs, [7000, 60_000, 2000]);
});

test('what may have been stored is not sent twice, what was refused as busy is', async (context) => {
  const prediction = { task: 1, result: [], score: null, model_version: 'v' };
  const failed = await open(
    context,
    failing(1, (_req, res) => void res.status(502).end()),
  );
  await assert.rejects(
    failed.api.importPredictions(7, [prediction], SIGNAL),
    refusedWith('LABEL_STUDIO_FAILED', { received: /status 502/ }),
  );
  assert.equal(failed.double.received.length, 1);
  const busy = await open(
    context,
    failing(1, (_req, res) => void res.status(429).end()),
  );
  await busy.api.importPredictions(7, [prediction], SIGNAL);
  assert.equal(busy.double.state.projects[0]?.tasks[0]?.predictions.length, 1);
});

test('a server that is not there is told as such', async (context) => {
  const { api } = openApi(context, 'http://127.0.0.1:9', LEGACY_TOKEN);
  await assert.rejects(
    api.project(7, SIGNAL),
    refusedWith('LABEL_STUDIO_FAILED', { where: /127\.0\.0\.1:9/ }),
  );
});

test('an address in a private network is contacted only when it is the configured one', async (context) => {
  const { api, double } = await open(context, null, { isAllowed: false });
  await assert.rejects(api.project(7, SIGNAL), refusedWith('LABEL_STUDIO_ADDRESS_REFUSED'));
  assert.equal(double.received.length, 0);
});

test('an abort ends a call, and the wait for the next one', async (context) => {
  const hanging = await open(context, () => undefined);
  const caller = new AbortController();
  const call = hanging.api.project(7, caller.signal);
  caller.abort(new Error('enough'));
  await assert.rejects(call, /enough/);
  const waiting = new AbortController();
  const retry = {
    wait: (): Promise<void> => {
      waiting.abort(new Error('no more'));
      return Promise.resolve();
    },
  };
  const busy = await open(context, (_req, res) => void res.status(503).end(), { retry });
  await assert.rejects(busy.api.project(7, waiting.signal), /no more/);
  assert.equal(busy.double.received.length, 1);
});

test('pages that repeat themselves end with an error instead of never', async (context) => {
  const opened = await open(
    context,
    endless(() => [{ id: 1 }, { id: 2 }]),
  );
  await assert.rejects(pages(opened), refusedWith('LABEL_STUDIO_ANSWER', { received: /after 2 tasks/ }));
});

test('a total that is never reached ends with the first empty page', async (context) => {
  const opened = await open(
    context,
    endless((page) => (page > 3 ? [] : [{ id: page }])),
  );
  assert.equal(await pages(opened), 3);
});

test('a single task that is larger than accepted is an error, not a loop', async (context) => {
  const huge = endless(() => [{ id: 1, data: { text: 'x'.repeat(5000) } }]);
  const opened = await open(context, huge, { maxAnswerBytes: 1000 });
  await assert.rejects(pages(opened), refusedWith('LABEL_STUDIO_TOO_LARGE'));
  assert.equal(opened.double.received.length, 7);
});

test('a snapshot that fails is not waited for', async (context) => {
  const double = await openLabelStudio(context, { edition: 'enterprise' });
  double.state.projects.push(projectOf(7, '<View/>', []));
  double.fault = (req, res, next) => {
    if (/exports\/\d+$/.test(req.path)) res.json({ id: 1, status: 'failed' });
    else next();
  };
  const { api } = openApi(context, double.origin, LEGACY_TOKEN);
  await assert.rejects(
    api.exportProject(7, {}, SIGNAL),
    refusedWith('LABEL_STUDIO_FAILED', { received: /failed/ }),
  );
});
