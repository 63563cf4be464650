import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { createImageFetcher } from '../../../src/backend/fetch-image.js';
import {
  createImageSource,
  type ImageSourceSettings,
  type TaskImageContext,
} from '../../../src/backend/label-studio/image-source.js';
import {
  answers,
  bytes,
  json,
  openImageHost,
  redirect,
  status,
  type Answer,
} from '../../support/image-host.js';
import { refusedWith } from '../../support/refusals.js';

const LEGACY = '0123456789abcdef0123456789abcdef01234567';

const CONTEXT: TaskImageContext = {
  taskId: '124',
  projectId: '7.1767225600',
  hostname: null,
  setupHostname: null,
  accessToken: null,
  login: null,
  password: null,
};

interface Opened {
  load(value: string, context?: Partial<TaskImageContext>): Promise<string>;
  /** Everything that went to the log, as one text. */
  logged(): string;
}

function openSource(
  context: TestContext,
  settings: Partial<ImageSourceSettings>,
  network: { readonly allowedOrigins?: readonly string[]; readonly lookup?: LookupFunction } = {},
): Opened {
  const { allowedOrigins = [], ...rest } = network;
  const origins = settings.labelStudioUrl
    ? [...allowedOrigins, new URL(settings.labelStudioUrl).origin]
    : allowedOrigins;
  const fetcher = createImageFetcher({
    maxBytes: 10_000,
    timeoutMs: 20_000,
    verifyTls: true,
    allowedOrigins: origins,
    ...rest,
  });
  context.after(() => fetcher.close());
  const lines: string[] = [];
  const source = createImageSource(
    { labelStudioUrl: null, apiKey: null, localFilesRoot: null, ...settings },
    fetcher,
    { warn: (facts, message) => void lines.push(JSON.stringify(facts), message) },
  );
  return {
    load: async (value, overrides = {}) => {
      const loaded = await source.load(value, { ...CONTEXT, ...overrides }, new AbortController().signal);
      return Buffer.from(loaded).toString();
    },
    logged: () => lines.join('\n'),
  };
}

function jwt(claims: object): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
}

/** Lets a request through only with the header. */
function onlyWith(authorization: string, answer: Answer): Answer {
  return (request, response) => {
    (request.authorization === authorization ? answer : status(401))(request, response);
  };
}

test('a data URI is its own image', async (context) => {
  assert.equal(await openSource(context, {}).load('data:image/png;base64,cGl4ZWxz'), 'pixels');
});

test('an uploaded file is read from the storage endpoint, with the key, in each way of writing it', async (context) => {
  const path = '/storage-data/uploaded/?filepath=upload/7/3f1c9a2b-shapes-160x120.png';
  const host = await openImageHost(
    context,
    answers({ [path]: onlyWith(`Token ${LEGACY}`, bytes('pixels')) }),
  );
  const source = openSource(context, { labelStudioUrl: host.origin, apiKey: LEGACY });
  for (const prefix of ['/data/upload', 'upload', '/upload']) {
    assert.equal(await source.load(`${prefix}/7/3f1c9a2b-shapes-160x120.png`), 'pixels');
  }
});

test('an uploaded file is read from its own path where the storage endpoint does not have it', async (context) => {
  const host = await openImageHost(context, answers({ '/ls/data/upload/7/a%20b.png': bytes('pixels') }));
  const source = openSource(context, { labelStudioUrl: `${host.origin}/ls/`, apiKey: LEGACY });
  assert.equal(await source.load('/data/upload/7/a%20b.png'), 'pixels');
  assert.equal(
    await source.load('/ls/data/upload/7/a%20b.png'),
    'pixels',
    'with the folder of Label Studio itself',
  );
  assert.equal(host.received[0]?.url, '/ls/storage-data/uploaded/?filepath=upload/7/a%20b.png');
});

test('an upload’s name cannot add to the query', async (context) => {
  const host = await openImageHost(context, bytes('pixels'));
  const source = openSource(context, { labelStudioUrl: host.origin });
  await source.load('/data/upload/7/a&b=c#d?e+f.png');
  assert.equal(host.received[0]?.url, '/storage-data/uploaded/?filepath=upload/7/a%26b=c%23d%3Fe%2Bf.png');
});

async function openDocumentRoot(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'document-root-'));
  context.after(() => rm(folder, { recursive: true }));
  const root = join(folder, 'root');
  await mkdir(join(root, 'shots', 'day 1'), { recursive: true });
  await mkdir(join(folder, 'root-beside'));
  await writeFile(join(root, 'shots', 'day 1', 'a.png'), 'inside');
  await writeFile(join(root, 'empty.png'), '');
  await writeFile(join(root, 'large.png'), Buffer.alloc(10_001));
  await writeFile(join(folder, 'secret'), 'secret');
  await writeFile(join(folder, 'root-beside', 'secret'), 'secret');
  await symlink(join(folder, 'secret'), join(root, 'link'));
  await symlink(folder, join(root, 'folder-link'));
  await symlink(join(root, 'shots', 'day 1', 'a.png'), join(root, 'good-link'));
  return root;
}

test('a local file is read from the document root', async (context) => {
  const localFilesRoot = await openDocumentRoot(context);
  const source = openSource(context, { localFilesRoot });
  for (const path of [
    'shots/day%201/a.png',
    'shots/day+1/a.png',
    '/shots/day%201/a.png',
    'good-link',
    'shots/../good-link',
  ]) {
    assert.equal(await source.load(`/data/local-files/?d=${path}`), 'inside', path);
  }
  await assert.rejects(source.load('/data/local-files/?d=empty.png'), refusedWith('IMAGE_EMPTY'));
  await assert.rejects(source.load('/data/local-files/?d=large.png'), refusedWith('IMAGE_TOO_LARGE'));
});

test('nothing outside the document root is read, by whatever way; Label Studio is asked instead', async (context) => {
  const localFilesRoot = await openDocumentRoot(context);
  const host = await openImageHost(context, status(404));
  const source = openSource(context, { localFilesRoot, labelStudioUrl: host.origin });
  const escapes = [
    '../secret',
    '..%2Fsecret',
    '%2e%2e/secret',
    'shots/../../secret',
    '../root-beside/secret',
    'link',
    'folder-link/secret',
    `${localFilesRoot}/../secret`,
    '/etc/passwd',
    'shots',
    '.',
    '',
    'a%00b',
    '%',
    'missing.png',
  ];
  for (const path of escapes) {
    await assert.rejects(source.load(`/data/local-files/?d=${path}`), refusedWith('IMAGE_NOT_FOUND'), path);
  }
  assert.ok(host.received.every(({ url }) => url.startsWith('/data/local-files/?d=')));
  assert.equal(host.received.length, escapes.length);
});

test('a local file is asked of Label Studio where there is no document root', async (context) => {
  const host = await openImageHost(
    context,
    answers({ '/data/local-files/?d=day%201/a.png': bytes('pixels') }),
  );
  const source = openSource(context, { labelStudioUrl: host.origin });
  assert.equal(await source.load('/data/local-files/?d=day%201/a.png'), 'pixels');
});

test('a storage address is presigned by Label Studio, whose key does not travel on', async (context) => {
  const store = await openImageHost(
    context,
    answers({ '/signed/shapes-160x120.png?sig=1': bytes('pixels') }),
  );
  const path = '/tasks/124/presign/?fileuri=czM6Ly9idWNrZXQva2V5IHdpdGggc3BhY2Uvc2hhcGVzLTE2MHgxMjAucG5n';
  const signed = redirect(`${store.origin}/signed/shapes-160x120.png?sig=1`, 303);
  const host = await openImageHost(context, answers({ [path]: onlyWith(`Token ${LEGACY}`, signed) }));
  const source = openSource(
    context,
    { labelStudioUrl: host.origin, apiKey: LEGACY },
    { allowedOrigins: [store.origin] },
  );
  assert.equal(await source.load('s3://bucket/key with space/shapes-160x120.png'), 'pixels');
  assert.deepEqual(
    store.received.map(({ authorization }) => authorization),
    [undefined],
  );
});

test('a storage address keeps its padding, and older servers get it unencoded', async (context) => {
  const host = await openImageHost(
    context,
    answers({ '/tasks/124/presign/?fileuri=gs%3A%2F%2Fb%2Fa%3Fb.png': bytes('pixels') }),
  );
  const source = openSource(context, { labelStudioUrl: host.origin });
  assert.equal(await source.load('gs://b/a?b.png'), 'pixels');
  assert.equal(host.received[0]?.url, '/tasks/124/presign/?fileuri=Z3M6Ly9iL2E_Yi5wbmc%3D');
});

test('without a task the project presigns', async (context) => {
  const host = await openImageHost(context, bytes('pixels'));
  await openSource(context, { labelStudioUrl: host.origin }).load('azure-blob://c/d.jpg', { taskId: null });
  assert.match(host.received[0]?.url ?? '', /^\/projects\/7\/presign\/\?fileuri=/);
});

test('an address of Label Studio itself gets its key, any other does not', async (context) => {
  const host = await openImageHost(context, onlyWith(`Token ${LEGACY}`, bytes('own')));
  const other = await openImageHost(context, bytes('other'));
  const source = openSource(
    context,
    { labelStudioUrl: host.origin, apiKey: LEGACY },
    { allowedOrigins: [other.origin] },
  );
  assert.equal(await source.load(`${host.origin}/data/upload/7/a.png?x=1`), 'own');
  assert.equal(await source.load('/media/a.png?x=1'), 'own');
  assert.equal(await source.load('//media/a.png'), 'own');
  assert.equal(await source.load(`${other.origin}/a.png`), 'other');
  assert.deepEqual(
    other.received.map(({ authorization }) => authorization),
    [undefined],
  );
});

test('the key does not follow a redirect to another host', async (context) => {
  const other = await openImageHost(context, bytes('other'));
  const host = await openImageHost(context, redirect(`${other.origin}/steal`));
  const source = openSource(
    context,
    { labelStudioUrl: host.origin, apiKey: LEGACY },
    { allowedOrigins: [other.origin] },
  );
  assert.equal(await source.load('/media/a.png'), 'other');
  assert.equal(host.received[0]?.authorization, `Token ${LEGACY}`);
  assert.equal(other.received[0]?.authorization, undefined);
});

test('the project’s own credentials go to the image host, not to Label Studio and not along redirects', async (context) => {
  const basic = `Basic ${Buffer.from('anna:p:w').toString('base64')}`;
  const away = await openImageHost(context, bytes('away'));
  const images = await openImageHost(
    context,
    answers({ '/a': onlyWith(basic, bytes('pixels')), '/b': redirect(`${away.origin}/c`) }),
  );
  const host = await openImageHost(context, bytes('own'));
  const source = openSource(
    context,
    { labelStudioUrl: host.origin },
    { allowedOrigins: [images.origin, away.origin] },
  );
  const credentials = { login: 'anna', password: 'p:w' };
  assert.equal(await source.load(`${images.origin}/a`, credentials), 'pixels');
  assert.equal(await source.load(`${images.origin}/b`, credentials), 'away');
  assert.equal(await source.load(`${host.origin}/a`, credentials), 'own');
  assert.equal(away.received[0]?.authorization, undefined);
  assert.equal(host.received[0]?.authorization, undefined);
});

test('a personal token is exchanged once, used as bearer, and exchanged again when it is refused', async (context) => {
  const personal = jwt({ token_type: 'refresh' });
  let valid = '';
  let bought = 0;
  const host = await openImageHost(context, (request, response) => {
    if (request.method === 'POST' && request.url === '/ls/api/token/refresh/') {
      assert.deepEqual(JSON.parse(request.body), { refresh: personal });
      bought += 1;
      valid = jwt({ token_type: 'access', exp: 2_000_000, number: bought });
      json(200, { access: valid })(request, response);
    } else onlyWith(`Bearer ${valid}`, bytes('pixels'))(request, response);
  });
  const source = openSource(context, {
    labelStudioUrl: `${host.origin}/ls`,
    apiKey: personal,
    nowMs: () => 1_000_000_000,
  });
  await Promise.all([source.load('/a.png'), source.load('/b.png')]);
  assert.equal(await source.load('/c.png'), 'pixels');
  assert.equal(bought, 1);
  valid = 'revoked on the server';
  assert.equal(await source.load('/d.png'), 'pixels');
  assert.equal(bought, 2);
});

test('a key refused for good is asked for twice, not for ever', async (context) => {
  const host = await openImageHost(context, (request, response) => {
    (request.method === 'POST' ? json(200, { access: 'x' }) : status(401))(request, response);
  });
  const source = openSource(context, { labelStudioUrl: host.origin, apiKey: jwt({ token_type: 'refresh' }) });
  await assert.rejects(source.load('/a.png'), refusedWith('IMAGE_UNAUTHORIZED'));
  assert.deepEqual(
    host.received.map(({ method }) => method),
    ['POST', 'GET', 'POST', 'GET'],
  );
});

test('a refusal names the host, the kind of token and the remedy, and never the token', async (context) => {
  const body = {
    detail: 'Authentication token no longer valid: legacy token authentication has been disabled',
  };
  const host = await openImageHost(context, json(401, body));
  const personal = jwt({ token_type: 'refresh', secret: 'in here' });
  const cases = [
    [{ apiKey: LEGACY }, {}, /a legacy token from LABEL_STUDIO_API_KEY/, /personal access token/],
    [{}, { accessToken: LEGACY }, /a legacy token from \/setup/, /LABEL_STUDIO_API_KEY/],
    [{ apiKey: personal }, {}, /a personal access token from LABEL_STUDIO_API_KEY/, /expired nor revoked/],
    [{}, {}, /no token/, /a token in LABEL_STUDIO_API_KEY/],
  ] as const;
  for (const [settings, task, received, expected] of cases) {
    const source = openSource(context, { labelStudioUrl: host.origin, ...settings });
    const where = new RegExp(`^${host.origin}`);
    for (const value of ['/data/upload/7/a.png', '/media/a.png']) {
      await assert.rejects(
        source.load(value, task),
        refusedWith('IMAGE_UNAUTHORIZED', { where, received, expected }),
      );
    }
    assert.match(source.logged(), received);
    assert.match(source.logged(), expected);
    assert.ok(!source.logged().includes(LEGACY) && !source.logged().includes(personal));
  }
});

test('a refusal of another host names that host, what it was asked with and the remedy', async (context) => {
  const away = await openImageHost(context, status(403));
  const host = await openImageHost(context, redirect(`${away.origin}/signed?signature=s3cret`));
  const settings = { labelStudioUrl: host.origin, apiKey: LEGACY };
  const source = openSource(context, settings, { allowedOrigins: [away.origin] });
  const cases = [
    [`${away.origin}/a.png`, {}, /with no credentials$/, /task credentials/],
    [
      `${away.origin}/a.png`,
      { login: 'anna', password: 'hunter2' },
      /with the task credentials/,
      /go to Label/,
    ],
    ['s3://bucket/a.png', {}, /the address that Label Studio gave/, /storage connection/],
  ] as const;
  for (const [value, task, received, expected] of cases) {
    await assert.rejects(
      source.load(value, task),
      refusedWith('IMAGE_UNAUTHORIZED', { where: new RegExp(`^${away.origin}`), received, expected }),
    );
  }
  assert.match(source.logged(), new RegExp(away.origin));
  assert.doesNotMatch(source.logged(), /hunter2|s3cret|0123456789abcdef/);
});

test('a local file is read from the document root in each way of naming it', async (context) => {
  const root = await mkdtemp(join(tmpdir(), 'samrefiner-root-'));
  context.after(() => rm(root, { recursive: true }));
  await writeFile(join(root, 'a b.png'), 'on disk');
  const host = await openImageHost(context, bytes('asked for'));
  const source = openSource(context, { labelStudioUrl: `${host.origin}/ls`, localFilesRoot: root });
  const path = '/data/local-files/?d=a%20b.png';
  const named = { hostname: 'http://label-studio.invalid' };
  for (const value of [
    ...[path, path.replace('/?', '?'), `/ls${path}`, `${host.origin}/ls${path}`],
    `http://label-studio.invalid${path}`,
  ]) {
    assert.equal(await source.load(value, named), 'on disk', value);
  }
  assert.equal(await source.load(`${host.origin}/ls/data/local-files/?d=gone.png`), 'asked for');
  assert.deepEqual(
    host.received.map(({ url }) => url),
    ['/ls/data/local-files/?d=gone.png'],
  );
});

test('a missing file is a missing file, not a refusal', async (context) => {
  const host = await openImageHost(context, status(404));
  const source = openSource(context, { labelStudioUrl: host.origin, apiKey: LEGACY });
  await assert.rejects(source.load('/data/upload/7/a.png'), refusedWith('IMAGE_NOT_FOUND'));
  assert.equal(source.logged(), '');
});

test('the configured address and key win over those of /setup', async (context) => {
  const host = await openImageHost(context, onlyWith(`Token ${LEGACY}`, bytes('pixels')));
  const other = await openImageHost(context, bytes('other'));
  const source = openSource(
    context,
    { labelStudioUrl: host.origin, apiKey: LEGACY },
    { allowedOrigins: [other.origin] },
  );
  const setup = { hostname: other.origin, setupHostname: other.origin, accessToken: 'another' };
  assert.equal(await source.load('/media/a.png', setup), 'pixels');
  assert.equal(other.received.length, 0);
});

test('an address by the name that Label Studio gives itself is read from the configured one', async (context) => {
  const path = '/storage-data/uploaded/?filepath=upload/7/a.png';
  const host = await openImageHost(
    context,
    answers({ [path]: onlyWith(`Token ${LEGACY}`, bytes('pixels')) }),
  );
  const source = openSource(context, { labelStudioUrl: host.origin, apiKey: LEGACY });
  const value = 'http://localhost:8080/data/upload/7/a.png';
  assert.equal(await source.load(value, { hostname: 'http://localhost:8080' }), 'pixels');
});

test('the address and token of one /setup call are used together where nothing is configured', async (context) => {
  const host = await openImageHost(context, onlyWith('Token from-setup', bytes('pixels')));
  const source = openSource(context, {}, { allowedOrigins: [host.origin] });
  const setup = { hostname: host.origin, setupHostname: host.origin, accessToken: 'from-setup' };
  assert.equal(await source.load('/media/a.png', setup), 'pixels');
  assert.equal(await source.load('/media/a.png', { ...setup, hostname: null }), 'pixels');
});

test('a request that names another host gets neither the token of /setup nor the operator’s key', async (context) => {
  const evil = await openImageHost(context, status(401));
  for (const apiKey of [null, LEGACY]) {
    const source = openSource(context, { apiKey }, { allowedOrigins: [evil.origin] });
    const named = {
      hostname: evil.origin,
      setupHostname: 'https://labels.example.com',
      accessToken: 'from-setup',
    };
    await assert.rejects(source.load('/a.png', named), refusedWith('IMAGE_UNAUTHORIZED'));
    await assert.rejects(source.load('s3://b/a.png', named), refusedWith('IMAGE_UNAUTHORIZED'));
    const alone = { hostname: evil.origin, accessToken: 'from-setup' };
    await assert.rejects(source.load('/a.png', alone), refusedWith('IMAGE_UNAUTHORIZED'));
  }
  assert.ok(evil.received.length > 0);
  assert.ok(evil.received.every(({ authorization }) => authorization === undefined));
});

test('an operator’s key without an address is explained', async (context) => {
  const host = await openImageHost(context, status(401));
  const source = openSource(context, { apiKey: LEGACY }, { allowedOrigins: [host.origin] });
  const refused = refusedWith('IMAGE_UNAUTHORIZED', {
    expected: /LABEL_STUDIO_URL set beside LABEL_STUDIO_API_KEY/,
  });
  await assert.rejects(source.load('/a.png', { hostname: host.origin }), refused);
});

test('a private address from a request is not contacted, and the remedy is named', async (context) => {
  const hidden = await openImageHost(context, bytes('secret'));
  const lookup: LookupFunction = (_name, options, callback) => {
    if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
    else callback(null, '127.0.0.1', 4);
  };
  const source = openSource(context, {}, { lookup });
  for (const hostname of [
    hidden.origin,
    `http://localhost:${hidden.port}`,
    `http://label-studio:${hidden.port}`,
  ]) {
    const setup = { hostname, setupHostname: hostname, accessToken: 'from-setup' };
    for (const value of ['/data/upload/7/a.png', 's3://b/a.png', `${hostname}/a.png`]) {
      const refused = refusedWith('IMAGE_ADDRESS_REFUSED', { expected: /^LABEL_STUDIO_URL set/ });
      await assert.rejects(source.load(value, setup), refused, `${hostname} ${value}`);
    }
  }
  assert.equal(hidden.received.length, 0);
  assert.match(source.logged(), /LABEL_STUDIO_URL/);
});

test('a path without any Label Studio, and forms that are no image, are refused', async (context) => {
  const bare = openSource(context, {});
  const refused = refusedWith('IMAGE_URL_INVALID', { expected: /LABEL_STUDIO_URL/ });
  for (const value of ['/data/upload/7/a.png', '/a.png', 's3://b/a.png', '/data/local-files/?d=a.png']) {
    await assert.rejects(bare.load(value), refused, value);
    await assert.rejects(bare.load(value, { hostname: 'ftp://nowhere' }), refused, value);
  }
  const host = await openImageHost(context, bytes('pixels'));
  const source = openSource(context, { labelStudioUrl: host.origin });
  for (const value of ['', ' ', 'a.png', 'file:///etc/passwd', 'javascript:alert(1)', '../a', 'http://']) {
    await assert.rejects(source.load(value), refusedWith('IMAGE_URL_INVALID'), value);
  }
  assert.equal(host.received.length, 0);
});

test('a task gone from the caller’s side ends its download', async (context) => {
  const controller = new AbortController();
  const host = await openImageHost(context, () => controller.abort(new Error('gone')));
  const fetcher = createImageFetcher({
    maxBytes: 100,
    timeoutMs: 20_000,
    allowedOrigins: [host.origin],
    verifyTls: true,
  });
  context.after(() => fetcher.close());
  const settings = { labelStudioUrl: host.origin, apiKey: null, localFilesRoot: null };
  const source = createImageSource(settings, fetcher, { warn: () => undefined });
  await assert.rejects(source.load('/data/upload/7/a.png', CONTEXT, controller.signal), /gone/);
  assert.equal(host.received.length, 1);
});
