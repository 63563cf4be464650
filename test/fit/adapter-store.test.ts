import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import {
  currentVersion,
  listAdapters,
  listProjects,
  parentOf,
  loadAdapter,
  readAdapterFile,
  rollBack,
  storeAdapter,
} from '../../src/fit/adapter-store.js';
import { MAX_ADAPTER_BYTES } from '../../src/fit/adapter-file.js';
import { temporaryFolder } from '../onnx/copied-pack.js';
import { refusedWith } from '../support/refusals.js';
import { syntheticRecord } from './synthetic-record.js';

test('versions are numbered, the newest is in use, each knows the one before', async (t) => {
  const folder = await temporaryFolder(t);
  for (const seed of [1, 2, 3])
    assert.equal(await storeAdapter(folder, 'cells', syntheticRecord(seed)), seed);
  const numbered = ['1.json', '1.parent', '2.json', '2.parent', '3.json', '3.parent'];
  assert.deepEqual((await readdir(join(folder, 'cells'))).sort(), [...numbered, 'current']);
  assert.deepEqual(await Promise.all([1, 2, 3, 4].map((version) => parentOf(folder, 'cells', version))), [
    null,
    1,
    2,
    undefined,
  ]);
  const listed = await listAdapters(folder, 'cells');
  assert.deepEqual(
    listed.map(({ version, inUse, record }) => [version, inUse, record?.parent]),
    [
      [1, false, null],
      [2, false, 1],
      [3, true, 2],
    ],
  );
  const { version, record } = await loadAdapter(folder, 'cells');
  assert.deepEqual([version, record], [3, syntheticRecord(3, { parent: 2 })]);
  assert.deepEqual(await listProjects(folder), ['cells']);
});

test('rolling back goes to the version before, in the end to none, and what comes next gets a new number', async (t) => {
  const folder = await temporaryFolder(t);
  for (const seed of [1, 2]) await storeAdapter(folder, 'cells', syntheticRecord(seed));
  assert.equal(await rollBack(folder, 'cells'), 1);
  assert.equal(await storeAdapter(folder, 'cells', syntheticRecord(3)), 3);
  assert.equal((await loadAdapter(folder, 'cells')).record.parent, 1);
  assert.equal(await rollBack(folder, 'cells'), 1);
  assert.equal(await rollBack(folder, 'cells'), null);
  await assert.rejects(loadAdapter(folder, 'cells'), refusedWith('ADAPTER_UNKNOWN'));
  await assert.rejects(rollBack(folder, 'cells'), refusedWith('ADAPTER_UNKNOWN'));
  assert.equal(await rollBack(folder, 'cells', 2), 2);
  assert.equal((await loadAdapter(folder, 'cells')).version, 2);
});

test('a damaged version is listed as such and never taken into use', async (t) => {
  const folder = await temporaryFolder(t);
  for (const seed of [1, 2]) await storeAdapter(folder, 'cells', syntheticRecord(seed));
  const path = join(folder, 'cells', '1.json');
  const bytes = await readFile(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(path, bytes);
  const [first, second] = await listAdapters(folder, 'cells');
  assert.match(first?.problem ?? '', /damaged/);
  assert.equal(second?.problem, null);
  await assert.rejects(rollBack(folder, 'cells'), refusedWith('ADAPTER_DAMAGED', { where: /1\.json$/ }));
  await assert.rejects(rollBack(folder, 'cells', 9), refusedWith('ADAPTER_UNKNOWN'));
  assert.equal(await currentVersion(folder, 'cells'), 2);
});

test('rolling back leaves a damaged version in use for the one before it', async (t) => {
  const folder = await temporaryFolder(t);
  for (const seed of [1, 2]) await storeAdapter(folder, 'cells', syntheticRecord(seed));
  await writeFile(join(folder, 'cells', '2.json'), '{');
  assert.equal(await rollBack(folder, 'cells'), 1);
  assert.equal(await currentVersion(folder, 'cells'), 1);
});

test('a program that stopped while writing leaves the version in use as it was', async (t) => {
  const folder = await temporaryFolder(t);
  await storeAdapter(folder, 'cells', syntheticRecord(1));
  await writeFile(join(folder, 'cells', '2.json.part'), 'half of a fi');
  await writeFile(join(folder, 'cells', 'current.0000.part'), '2');
  assert.equal((await loadAdapter(folder, 'cells')).version, 1);
  assert.equal((await listAdapters(folder, 'cells')).length, 1);
  assert.equal(await storeAdapter(folder, 'cells', syntheticRecord(2)), 3);
});

test('adapters that are stored at once each get a version of their own', async (t) => {
  const folder = await temporaryFolder(t);
  const seeds = [1, 2, 3, 4, 5, 6];
  const versions = await Promise.all(
    seeds.map((seed) => storeAdapter(folder, 'cells', syntheticRecord(seed))),
  );
  assert.equal(new Set(versions).size, seeds.length);
  for (const [i, version] of versions.entries()) {
    const { record } = await loadAdapter(folder, 'cells', version);
    assert.deepEqual(record.adapter, syntheticRecord(seeds[i] ?? 0).adapter);
  }
  assert.ok(versions.includes((await loadAdapter(folder, 'cells')).version));
});

test('a project is a plain name and stays in its folder', async (t) => {
  const folder = await temporaryFolder(t);
  const names = ['', '.', '..', '../up', 'a/b', 'a\\b', '/etc', 'a\0b', '.hidden', '-x', 'a.b', 'é', 'a\n'];
  for (const name of [...names, 'x'.repeat(65)]) {
    for (const act of [
      () => storeAdapter(folder, name, syntheticRecord(1)),
      () => loadAdapter(folder, name, 1),
      () => listAdapters(folder, name),
      () => rollBack(folder, name, 1),
    ]) {
      await assert.rejects(act, refusedWith('ADAPTER_PROJECT'));
    }
  }
  assert.deepEqual(await readdir(folder), []);
});

test('a file current that names no version is refused, and mended by naming one', async (t) => {
  const folder = await temporaryFolder(t);
  await storeAdapter(folder, 'cells', syntheticRecord(1));
  for (const text of ['', '1', '../1\n', '01\n', '1e3\n', '-1\n', '1\n\n', '9'.repeat(400)]) {
    await writeFile(join(folder, 'cells', 'current'), text);
    await assert.rejects(loadAdapter(folder, 'cells'), refusedWith('ADAPTER_DAMAGED', { where: /current$/ }));
  }
  assert.equal(await rollBack(folder, 'cells', 1), 1);
  assert.equal((await loadAdapter(folder, 'cells')).version, 1);
});

test('a file to import is looked at before it is read', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'a-folder'));
  await writeFile(join(folder, 'large'), Buffer.alloc(MAX_ADAPTER_BYTES + 1));
  for (const name of ['a-folder', 'nothing']) {
    await assert.rejects(readAdapterFile(join(folder, name)), refusedWith('ADAPTER_UNKNOWN'));
  }
  await assert.rejects(readAdapterFile(join(folder, 'large')), refusedWith('ADAPTER_DAMAGED'));
});

test('where nothing was ever learned there are no projects and no versions', async (t) => {
  const folder = join(await temporaryFolder(t), 'missing');
  assert.deepEqual(await listProjects(folder), []);
  assert.deepEqual(await listAdapters(folder, 'cells'), []);
  await assert.rejects(loadAdapter(folder, 'cells'), refusedWith('ADAPTER_UNKNOWN'));
});
