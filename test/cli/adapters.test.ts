import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { storeAdapter } from '../../src/fit/adapter-store.js';
import { modelVersionOf } from '../../src/onnx/model-version.js';
import { loadPack } from '../../src/onnx/pack.js';
import { discMask, SIZE, writeDiscSet } from '../fit/disc-images.js';
import { syntheticRecord } from '../fit/synthetic-record.js';
import { litePackDirectory, temporaryFolder } from '../onnx/copied-pack.js';
import { discImage } from '../onnx/synthetic-image.js';

interface Outcome {
  readonly status: number;
  readonly text: string;
}

/** Runs `samrefiner …` as a program of its own, with a folder for adapters. */
function samrefiner(adaptersDir: string, ...words: readonly string[]): Promise<Outcome> {
  const child = fileURLToPath(new URL('adapters-child.js', import.meta.url));
  const env = { PATH: process.env['PATH'], SAMREFINER_ADAPTERS_DIR: adaptersDir };
  return new Promise((resolve) => {
    const run = execFile(process.execPath, [child, ...words], { env }, (_, stdout, stderr) => {
      resolve({ status: run.exitCode ?? -1, text: stdout + stderr });
    });
  });
}

test('an adapter’s life on the command line: list, show, export, import, rollback', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'exported.json');
  assert.equal((await samrefiner(folder, 'adapters', 'list')).text, 'no adapters\n');
  for (const seed of [1, 2]) await storeAdapter(folder, 'cells', syntheticRecord(seed));

  const { text: list } = await samrefiner(folder, 'adapters', 'list');
  assert.match(list, /^cells +1 +lite-0\.1\.0\+12345678 +140 examples +box +IoU \+0\.0500$/m);
  assert.match(list, /^cells +2 +in use +lite/m);
  const { text: shown } = await samrefiner(folder, 'adapters', 'show', 'cells');
  assert.match(shown, /^version +2$/m);
  assert.match(shown, /^with adapter +0\.8500 +70\.0 %$/m);
  assert.match(shown, /gain in mean IoU \+0\.0500, between \+0\.0200 and \+0\.0667/);

  await samrefiner(folder, 'adapters', 'export', 'cells', file, '--adapter-version', '1');
  assert.deepEqual(await readFile(file), await readFile(join(folder, 'cells', '1.json')));
  const imported = await samrefiner(folder, 'adapters', 'import', 'nuclei', file);
  assert.deepEqual(imported, { status: 0, text: 'version 1 of nuclei is in use\n' });
  assert.deepEqual(await readFile(join(folder, 'nuclei', '1.json')), await readFile(file));

  assert.equal(
    (await samrefiner(folder, 'adapters', 'rollback', 'cells')).text,
    'version 1 of cells is in use\n',
  );
  const none = await samrefiner(folder, 'adapters', 'rollback', 'cells');
  assert.equal(none.text, 'cells goes without an adapter\n');
  assert.match((await samrefiner(folder, 'adapters', 'rollback', 'cells', '2')).text, /version 2 of cells/);

  await writeFile(file, (await readFile(file, 'utf8')).replace('"rank":4', '"rank":5'));
  const refused = await samrefiner(folder, 'adapters', 'import', 'nuclei', file);
  assert.match(refused.text, /The IoU adapter is damaged/);
  assert.notEqual(refused.status, 0);
});

test('refine --adapter takes the adapter of the project, and none of another model', async (t) => {
  const folder = await temporaryFolder(t);
  const [image, mask, out] = ['photo.png', 'rough.png', 'refined.png'].map((name) => join(folder, name));
  await writeFile(image ?? '', await discImage(1, SIZE.width, SIZE.height));
  await writeFile(mask ?? '', await discMask(3));
  const pack = await loadPack(await litePackDirectory());
  const model = { version: modelVersionOf(pack), fingerprint: pack.fingerprint };
  const { adapter } = syntheticRecord(1);
  const higher = { ...adapter, loraA: adapter.loraA.fill(1), loraB: adapter.loraB.fill(1) };
  await storeAdapter(folder, 'own', syntheticRecord(1, { model, adapter: higher }));
  await storeAdapter(folder, 'other', syntheticRecord(1));
  const refine = (...words: string[]): Promise<Outcome> =>
    samrefiner(folder, 'refine', '--image', image ?? '', '--mask', mask ?? '', '--out', out ?? '', ...words);

  // All predicted IoUs rise by four times the sum of all features, which the figures show.
  const predicted = ({ text }: Outcome): number => Number(/predicted IoU ([\d.]+)/.exec(text)?.[1]);
  assert.ok(predicted(await refine()) < 1.5);
  assert.ok(predicted(await refine('--adapter', 'own')) > 1.5);
  assert.match((await refine('--adapter', 'other')).text, /learned for another model/);
  assert.match((await refine('--adapter', 'unknown')).text, /There is no such IoU adapter/);
  assert.match((await refine('--adapter', '../own')).text, /cannot have that name/);
});

test('fit refuses too little data, says why, and keeps nothing', async (t) => {
  const [folder, data] = [await temporaryFolder(t), await temporaryFolder(t)];
  await writeDiscSet(data, 8);
  const { status, text } = await samrefiner(
    folder,
    'fit',
    '--data',
    data,
    '--project',
    'discs',
    '--threads',
    '1',
  );
  assert.match(text, /^lite-[\d.]+\+[0-9a-f]{8}: \d+ examples of \d images, prompt all$/m);
  assert.match(text, /^refused \(too-few-images\): .*; nothing was kept$/m);
  assert.equal(status, 1);
  assert.deepEqual(await readdir(folder), []);
  const named = await samrefiner(folder, 'fit', '--data', data, '--project', '../discs');
  assert.match(named.text, /cannot have that name/);
  const same = await samrefiner(folder, 'fit', '--data', data, '--masks', data, '--project', 'discs');
  assert.match(same.text, /different folders/);
});
