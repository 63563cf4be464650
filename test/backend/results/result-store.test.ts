import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openResultStore, type ResultStore } from '../../../src/backend/results/result-store.js';

const CHILD = fileURLToPath(new URL('./append-child.js', import.meta.url));

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'samrefiner-results-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

function hash(letter: string): string {
  return letter.repeat(64);
}

function open(folder: string, maxBytes = 1 << 24): { store: ResultStore; failures: unknown[] } {
  const failures: unknown[] = [];
  return { store: openResultStore({ folder, maxBytes, onFailure: (e) => failures.push(e) }), failures };
}

async function keysIn(store: ResultStore, file: string, keys: readonly string[]): Promise<string> {
  const found = await store.read(hash(file), new Set(keys.map(hash)));
  return keys.filter((key) => found.has(hash(key))).join('');
}

function add(store: ResultStore, file: string, keys: readonly string[], bytes = 100): void {
  store.add(
    hash(file),
    keys.map((key) => ({ key: hash(key), payload: new Uint8Array(bytes).fill(key.charCodeAt(0)) })),
  );
}

test('what was added is there for the next process, and nothing else', async (context) => {
  const folder = await temporaryFolder(context);
  const first = open(join(folder, 'new'));
  add(first.store, 'a', ['1', '2']);
  add(first.store, 'a', ['3']);
  add(first.store, 'b', ['4']);
  await first.store.close();
  const { store, failures } = open(join(folder, 'new'));
  assert.equal(await keysIn(store, 'a', ['1', '2', '3', '4']), '123');
  assert.equal(await keysIn(store, 'c', ['1']), '');
  const payload = (await store.read(hash('a'), new Set([hash('3')]))).get(hash('3'));
  assert.deepEqual(Uint8Array.from(payload ?? []), new Uint8Array(100).fill('3'.charCodeAt(0)));
  assert.deepEqual([...first.failures, ...failures], []);
  await store.close();
});

test('two that add to one file at once do not hurt each other', async (context) => {
  const folder = await temporaryFolder(context);
  const stores = [open(folder).store, open(folder).store];
  for (let round = 0; round < 50; round++) {
    stores.forEach((store, index) => {
      const key = (2 * round + index).toString(16).padStart(64, '0');
      store.add(hash('a'), [{ key, payload: new Uint8Array(5000).fill(round) }]);
    });
  }
  await Promise.all(stores.map((store) => store.close()));
  const keys = new Set(Array.from({ length: 100 }, (_, n) => n.toString(16).padStart(64, '0')));
  assert.equal((await open(folder).store.read(hash('a'), keys)).size, 100);
});

test('over the limit the files used least recently go, also those of an earlier process', async (context) => {
  const folder = await temporaryFolder(context);
  const first = open(folder, 4 * 4096);
  for (const file of ['a', 'b', 'c']) add(first.store, file, ['1']);
  await first.store.close();
  const longAgo = new Date(Date.now() - 60_000);
  for (const file of ['b', 'c']) await utimes(join(folder, hash(file)), longAgo, longAgo);
  await utimes(join(folder, hash('a')), longAgo, new Date(Date.now() - 90_000));
  const { store } = open(folder, 4 * 4096);
  assert.equal(await keysIn(store, 'a', ['1']), '1');
  for (const file of ['d', 'e']) add(store, file, ['1']);
  await store.close();
  assert.deepEqual((await readdir(folder)).map((name) => name[0]).sort(), ['a', 'c', 'd', 'e']);
  // The clock of the file system lags behind that of the process by some milliseconds.
  for (const file of ['a', 'c']) await utimes(join(folder, hash(file)), longAgo, longAgo);
  const shrunk = open(folder, 2 * 4096).store;
  await shrunk.close();
  assert.deepEqual((await readdir(folder)).map((name) => name[0]).sort(), ['d', 'e']);
});

test('a file that grows beyond its share is begun anew, and what never fits is left out', async (context) => {
  const folder = await temporaryFolder(context);
  const { store } = open(folder, 40_000);
  add(store, 'a', ['1'], 12_000);
  add(store, 'a', ['2'], 12_000);
  add(store, 'a', ['3'], 30_000);
  await store.close();
  assert.equal(await keysIn(store, 'a', ['1', '2', '3']), '2');
  assert.ok((await stat(join(folder, hash('a')))).size < 13_000);
});

test('a folder that cannot be used costs one message and no result', async (context) => {
  const folder = await temporaryFolder(context);
  await writeFile(join(folder, 'file'), '');
  const { store, failures } = open(join(folder, 'file', 'below'));
  add(store, 'a', ['1']);
  add(store, 'b', ['1']);
  assert.equal(await keysIn(store, 'a', ['1']), '');
  await store.close();
  assert.equal(failures.length, 1);
});

test('damage in a file hides what it hit and keeps nobody from adding', async (context) => {
  const folder = await temporaryFolder(context);
  const { store } = open(folder);
  await store.close();
  await appendFile(join(folder, hash('a')), Buffer.alloc(1000, 7));
  add(store, 'a', ['1']);
  await store.close();
  await appendFile(join(folder, hash('a')), 'half a rec');
  add(store, 'a', ['2']);
  await store.close();
  assert.equal(await keysIn(store, 'a', ['1', '2']), '12');
});

test('after kill -9 everything that was added is there, whole', { timeout: 60_000 }, async (context) => {
  const folder = await temporaryFolder(context);
  const added: string[] = [];
  for (let kill = 0; kill < 3; kill++) {
    const child = spawn(process.execPath, [CHILD, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    let lines = 0;
    createInterface({ input: child.stdout }).on('line', (key) => {
      if (kill === 0) added.push(key);
      if (++lines === 40) child.kill('SIGKILL');
    });
    await exited;
  }
  const { store } = open(folder);
  const found = await store.read(hash('a'), new Set(added));
  assert.ok(added.length >= 40);
  assert.equal(found.size, added.length);
  for (const [key, payload] of found) {
    assert.deepEqual(new Uint8Array(payload), new Uint8Array(20_000).fill(parseInt(key, 16)));
  }
});
