import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { openModelByName } from '../../src/onnx/open-model-by-name.js';
import { loadPack } from '../../src/onnx/pack.js';
import { pullModel, type PullOptions } from '../../src/models-store/pull-model.js';
import type { PublishedCheckpoint } from '../../src/models-store/registry.js';
import { SMALL_CHECKPOINTS } from '../onnx/checkpoint-packs.js';
import { temporaryFolder } from '../onnx/copied-pack.js';
import { refusedWith } from '../support/refusals.js';
import { type FileHost, openFileHost, sendFile } from './file-host.js';

const { path: CHECKPOINT, family: NAME } = SMALL_CHECKPOINTS.sam;
let content: Buffer;

before(async () => {
  // A proxy of the machine that tests run on would not find their servers.
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) {
    Reflect.deleteProperty(process.env, name);
    Reflect.deleteProperty(process.env, name.toUpperCase());
  }
  content = await readFile(CHECKPOINT);
});

const hashOf = (algorithm: string, bytes: Buffer): string =>
  createHash(algorithm).update(bytes).digest('hex');

function published(url: string, change: Partial<PublishedCheckpoint> = {}): PublishedCheckpoint {
  return {
    name: NAME,
    file: 'small.pth',
    url,
    bytes: content.length,
    sha256: hashOf('sha256', content),
    md5: hashOf('md5', content),
    licence: 'Apache-2.0',
    source: 'the tests',
    ...change,
  };
}

/** Lets a host send parts of a file; `cut` breaks the connection over which the last one went. */
function sendParts(host: FileHost, file: Buffer, count: number, most: number): { readonly cut: () => void } {
  let current: ServerResponse | null = null;
  for (let i = 0; i < count; i++) {
    host.faults.push((request, response) => {
      current = response;
      sendFile(request, response, file, most);
    });
  }
  return {
    cut: () => {
      current?.destroy();
      current = null;
    },
  };
}

const quick = (modelsDir: string): PullOptions => ({ modelsDir, firstDelayMs: 1 });

test('a published checkpoint is downloaded, checked, installed and opened by its name', async (t) => {
  const [host, modelsDir] = [await openFileHost(t, content), await temporaryFolder(t)];
  const progress: (readonly [number, number | null])[] = [];
  const manifest = await pullModel(published(host.url), {
    ...quick(modelsDir),
    onProgress: (bytes, total) => progress.push([bytes, total]),
  });
  assert.deepEqual(
    [manifest.family, manifest.licence, manifest.checkpoint.path, manifest.checkpoint.bytes],
    [NAME, 'Apache-2.0', 'small.pth', content.length],
  );
  assert.match(manifest.source, /127\.0\.0\.1/);
  assert.deepEqual(progress.at(-1), [content.length, content.length]);
  assert.deepEqual((await readdir(join(modelsDir, NAME))).sort(), ['pack.json', 'small.pth']);
  const model = await openModelByName(NAME, { threads: 1, modelsDir });
  await model.close();
});

test('a connection that is cut again and again is taken up where it broke off', async (t) => {
  const [host, modelsDir] = [await openFileHost(t, content), await temporaryFolder(t)];
  const { cut } = sendParts(host, content, 8, 30_000);
  await pullModel(published(host.url), { ...quick(modelsDir), onProgress: cut });
  assert.deepEqual(await readFile(join(modelsDir, NAME, 'small.pth')), content);
  const starts = host.ranges.map((range) => Number(/\d+/.exec(range ?? '')?.[0] ?? 0));
  assert.equal(starts[0], 0);
  assert.ok(starts.length >= 9);
  assert.ok(
    starts.every((start, i) => i === 0 || start > (starts[i - 1] ?? 0)),
    starts.join(),
  );
});

test('a later run continues what an earlier one had to give up', async (t) => {
  const [host, modelsDir] = [await openFileHost(t, content), await temporaryFolder(t)];
  const { cut } = sendParts(host, content, 1, 100_000);
  for (let i = 0; i < 3; i++) host.faults.push((_, response) => response.destroy());
  await assert.rejects(
    pullModel(published(host.url), { ...quick(modelsDir), attempts: 3, onProgress: cut }),
    refusedWith('DOWNLOAD_FAILED', { expected: /continued/ }),
  );
  host.faults.length = 0;
  const before = host.ranges.length;
  await pullModel(published(host.url), quick(modelsDir));
  assert.match(host.ranges[before] ?? '', /^bytes=[1-9]\d+-$/);
  assert.deepEqual(await readFile(join(modelsDir, NAME, 'small.pth')), content);
});

test('what had arrived of an older version of the file is not mixed with the new one', async (t) => {
  const older = Buffer.from(content);
  older.fill(7, older.length - 100);
  const [host, modelsDir] = [await openFileHost(t, older), await temporaryFolder(t)];
  const { cut } = sendParts(host, older, 1, 100_000);
  await pullModel(published(host.url), {
    ...quick(modelsDir),
    onProgress: () => {
      host.content = content;
      cut();
    },
  });
  assert.match(host.ranges[1] ?? '', /^bytes=[1-9]/);
  assert.deepEqual(await readFile(join(modelsDir, NAME, 'small.pth')), content);
});

test('a download that was stopped when all had arrived is not repeated', async (t) => {
  const [host, modelsDir] = [await openFileHost(t, content), await temporaryFolder(t)];
  const abort = new AbortController();
  const stopping = pullModel(published(host.url), {
    ...quick(modelsDir),
    signal: abort.signal,
    onProgress: (bytes) => {
      if (bytes === content.length) abort.abort(new Error('stopped'));
    },
  });
  await assert.rejects(stopping, /stopped|aborted/);
  await pullModel(published(host.url), quick(modelsDir));
  assert.deepEqual(host.ranges.slice(1), host.ranges.length > 1 ? [`bytes=${content.length}-`] : []);
});

test('a server that is busy is asked again', async (t) => {
  const [host, modelsDir] = [await openFileHost(t, content), await temporaryFolder(t)];
  for (const status of [503, 429]) host.faults.push((_, response) => response.writeHead(status).end());
  await pullModel(published(host.url), quick(modelsDir));
  assert.equal(host.ranges.length, 3);
});

const WRONG: readonly (readonly [string, Partial<PublishedCheckpoint>, RegExp])[] = [
  ['SHA-256', { sha256: 'a'.repeat(64) }, /SHA-256 aaaa/],
  ['MD5, where nothing else is known', { sha256: null, md5: 'b'.repeat(32) }, /MD5 bbbb/],
  ['size', { bytes: 1_000_000 }, /1000000/],
  ['family', { name: 'sam-vit-b' }, /the family sam-vit-b/],
];

for (const [what, change, expected] of WRONG) {
  test(`a file of another ${what} than published is refused and removed`, async (t) => {
    const [host, modelsDir] = [await openFileHost(t, content), await temporaryFolder(t)];
    const wanted = published(host.url, change);
    await assert.rejects(
      pullModel(wanted, quick(modelsDir)),
      refusedWith('DOWNLOAD_DAMAGED', { expected, where: /127/ }),
    );
    assert.deepEqual(await readdir(join(modelsDir, wanted.name)), []);
    await assert.rejects(loadPack(join(modelsDir, wanted.name)), refusedWith('PACK_FILE_MISSING'));
  });
}

test('a file that is larger than published is refused before all of it has come', async (t) => {
  const [host, modelsDir] = [await openFileHost(t, content), await temporaryFolder(t)];
  await assert.rejects(
    pullModel(published(host.url, { bytes: 1000 }), quick(modelsDir)),
    refusedWith('DOWNLOAD_DAMAGED', { expected: /at most 1000 bytes/ }),
  );
});

test('a file that is not there is refused at once, with its address', async (t) => {
  const [host, modelsDir] = [await openFileHost(t, content), await temporaryFolder(t)];
  host.faults.push((_, response) => response.writeHead(404).end('no'));
  await assert.rejects(
    pullModel(published(host.url), quick(modelsDir)),
    refusedWith('DOWNLOAD_FAILED', { where: /file\.pth/, received: /404/ }),
  );
  assert.equal(host.ranges.length, 1);
});

test('without network the message says what can be done', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await assert.rejects(
    pullModel(published(`http://127.0.0.1:${port}/file.pth`), { ...quick(modelsDir), attempts: 2 }),
    refusedWith('DOWNLOAD_FAILED', { expected: /HTTPS_PROXY.*models add/, received: /ECONNREFUSED/ }),
  );
});

test('the proxy of the environment is used', async (t) => {
  const [host, modelsDir] = [await openFileHost(t, content), await temporaryFolder(t)];
  const asked: string[] = [];
  const proxy = createServer((socket) => {
    socket.once('data', (head) => {
      asked.push(head.toString().split('\r\n', 1)[0] ?? '');
      const upstream = connect(Number(new URL(host.url).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        socket.pipe(upstream).pipe(socket);
      });
      for (const end of [socket, upstream]) end.on('error', () => end.destroy());
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close());
  process.env['HTTP_PROXY'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  t.after(() => Reflect.deleteProperty(process.env, 'HTTP_PROXY'));
  await pullModel(published(host.url.replace('127.0.0.1', 'files.example')), quick(modelsDir));
  assert.match(asked[0] ?? '', /^CONNECT files\.example:/);
});

test('a model that is installed is not pulled again', async (t) => {
  const [host, modelsDir] = [await openFileHost(t, content), await temporaryFolder(t)];
  await pullModel(published(host.url), quick(modelsDir));
  await assert.rejects(pullModel(published(host.url), quick(modelsDir)), refusedWith('PACK_EXISTS'));
});
