import assert from 'node:assert/strict';
import { access, copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { addModel } from '../../src/models-store/add-model.js';
import { installedModels } from '../../src/models-store/installed-models.js';
import { modelCostOf } from '../../src/models-store/model-cost.js';
import { modelFacts } from '../../src/models-store/model-facts.js';
import { readRegistry } from '../../src/models-store/registry.js';
import { removeModel } from '../../src/models-store/remove-model.js';
import { verifyModels } from '../../src/models-store/verify-models.js';
import { AUTO_ORDER } from '../../src/onnx/best-pack.js';
import { ownModelsFolder } from '../../src/onnx/find-pack.js';
import { openModelByName } from '../../src/onnx/open-model-by-name.js';
import { refusedWith } from '../support/refusals.js';
import { damagedCopy, SMALL_CHECKPOINTS } from '../onnx/checkpoint-packs.js';
import { temporaryFolder } from '../onnx/copied-pack.js';

const { sam, hq } = SMALL_CHECKPOINTS;

test('an added checkpoint stays where it is, gets its family’s name and opens', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const manifest = await addModel(sam.path, { modelsDir, copy: false, licence: 'MIT' });
  assert.deepEqual(
    [manifest.name, manifest.family, manifest.licence, manifest.checkpoint.path],
    [sam.family, sam.family, 'MIT', sam.path],
  );
  assert.deepEqual(await readdir(join(modelsDir, sam.family)), ['pack.json']);
  const model = await openModelByName(sam.family, { threads: 1, modelsDir });
  assert.match(model.version, /^sam-vit-32x4-1\+/);
  await model.close();
});

test('a copied checkpoint lies in the pack, under the name that was given', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const manifest = await addModel(hq.path, { modelsDir, copy: true, name: 'mine' });
  assert.equal(manifest.checkpoint.path, 'hq.pth');
  assert.deepEqual((await readdir(join(modelsDir, 'mine'))).sort(), ['hq.pth', 'pack.json']);
  assert.deepEqual(await readFile(join(modelsDir, 'mine', 'hq.pth')), await readFile(hq.path));
  assert.deepEqual(await verifyModels('mine', modelsDir), [{ name: 'mine', problem: null }]);
});

test('a checkpoint that lies in the folder of its pack already is named relatively', async (t) => {
  const modelsDir = await temporaryFolder(t);
  await mkdir(join(modelsDir, 'mine'));
  await copyFile(sam.path, join(modelsDir, 'mine', 'weights.pth'));
  const file = join(modelsDir, 'mine', 'weights.pth');
  const manifest = await addModel(file, { modelsDir, copy: false, name: 'mine' });
  assert.equal(manifest.checkpoint.path, 'weights.pth');
});

test('what is no checkpoint, is damaged or holds no numbers is not added', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const text = join(modelsDir, 'text.pth');
  await writeFile(text, 'this is no checkpoint');
  const cut = await damagedCopy(sam.path, join(modelsDir, 'cut.pth'), 'cut');
  const infinite = join(modelsDir, 'infinite.pth');
  const bytes = await readFile(sam.path);
  // The zip's entries are stored as they are: here lies a float32 of the first tensors.
  bytes.writeUInt32LE(0x7f800000, 1024 * 64);
  await writeFile(infinite, bytes);
  for (const [file, code] of [
    [text, 'CHECKPOINT_UNSUPPORTED'],
    [cut, 'CHECKPOINT_UNSUPPORTED'],
    [infinite, 'CHECKPOINT_INVALID'],
    [modelsDir, 'CHECKPOINT_INVALID'],
    [join(modelsDir, 'nothing.pth'), 'CHECKPOINT_INVALID'],
  ] as const) {
    await assert.rejects(addModel(file, { modelsDir, copy: false, name: 'x' }), refusedWith(code), file);
  }
  await assert.rejects(access(join(modelsDir, 'x')));
});

test('a name that is taken or cannot be one is refused', async (t) => {
  const modelsDir = await temporaryFolder(t);
  await addModel(sam.path, { modelsDir, copy: false, name: 'mine' });
  await assert.rejects(
    addModel(hq.path, { modelsDir, copy: false, name: 'mine' }),
    refusedWith('PACK_EXISTS', { expected: /models remove mine/ }),
  );
  for (const name of ['../mine', 'Mine', '', '.hidden', 'a/b']) {
    await assert.rejects(
      addModel(hq.path, { modelsDir, copy: false, name }),
      refusedWith('PACK_INVALID', { where: /name/ }),
    );
  }
});

test('the list holds the added and the embedded models, and those whose manifest is not valid', async (t) => {
  const modelsDir = await temporaryFolder(t);
  await addModel(sam.path, { modelsDir, copy: false });
  await mkdir(join(modelsDir, 'broken'));
  await writeFile(join(modelsDir, 'broken', 'pack.json'), '{}');
  const models = await installedModels(modelsDir);
  assert.deepEqual(
    models
      .filter(({ directory }) => directory.startsWith(modelsDir))
      .map(({ name, manifest, problem }) => [name, manifest?.family, problem !== null]),
    [
      ['broken', undefined, true],
      [sam.family, sam.family, false],
    ],
  );
  assert.ok(models.some(({ name }) => name === 'lite'));
});

test('a checkpoint that changed or went away is found by verify', async (t) => {
  const [modelsDir, elsewhere] = [await temporaryFolder(t), await temporaryFolder(t)];
  const file = join(elsewhere, 'weights.pth');
  await copyFile(sam.path, file);
  await addModel(file, { modelsDir, copy: false, name: 'mine' });
  await damagedCopy(sam.path, file, 'changed');
  const [changed] = await verifyModels('mine', modelsDir);
  assert.match(changed?.problem ?? '', /damaged.*SHA-256/);
  await assert.rejects(openModelByName('mine', { threads: 1, modelsDir }), refusedWith('PACK_FILE_DAMAGED'));
  const all = await verifyModels(null, modelsDir);
  assert.deepEqual(
    all.filter(({ problem }) => problem !== null).map(({ name }) => name),
    ['mine'],
  );
  await assert.rejects(verifyModels('other', modelsDir), refusedWith('PACK_UNKNOWN'));
});

test('removing a model leaves every file outside of its folder alone', async (t) => {
  const [modelsDir, elsewhere] = [await temporaryFolder(t), await temporaryFolder(t)];
  const file = join(elsewhere, 'weights.pth');
  await copyFile(sam.path, file);
  await addModel(file, { modelsDir, copy: false, name: 'mine' });
  await symlink(elsewhere, join(modelsDir, 'mine', 'linked'));
  assert.deepEqual(await removeModel('mine', modelsDir), {
    directory: join(modelsDir, 'mine'),
    keptFile: file,
  });
  assert.deepEqual(await readdir(modelsDir), []);
  assert.deepEqual(await readdir(elsewhere), ['weights.pth']);

  await addModel(file, { modelsDir, copy: true, name: 'copied' });
  assert.equal((await removeModel('copied', modelsDir)).keptFile, null);
  assert.deepEqual(await readdir(elsewhere), ['weights.pth']);
});

test('only an installed model is removed, and not the embedded one', async (t) => {
  const modelsDir = await temporaryFolder(t);
  await mkdir(join(modelsDir, 'other'));
  for (const name of ['other', 'nothing', '..', '.']) {
    await assert.rejects(removeModel(name, modelsDir), refusedWith('PACK_UNKNOWN'));
  }
  await assert.rejects(removeModel('lite', await ownModelsFolder()), refusedWith('PACK_EMBEDDED'));
});

test('the facts of a model count its parameters', async (t) => {
  const modelsDir = await temporaryFolder(t);
  await addModel(sam.path, { modelsDir, copy: false });
  const { manifest, parameters, model } = await modelFacts(sam.family, modelsDir);
  assert.equal(manifest.family, sam.family);
  assert.equal(model.bytes, (await readFile(sam.path)).length);
  // Nearly all of the file are float32.
  assert.ok(parameters !== null && parameters * 4 < model.bytes && parameters * 4 > model.bytes / 2);
  assert.equal((await modelFacts('lite', modelsDir)).parameters, null);
});

test('every published checkpoint has something to check it by, an order for auto and a cost', async () => {
  const registry = await readRegistry();
  assert.ok(registry.length >= 8);
  for (const { name, url, file, sha256, md5 } of registry) {
    assert.ok(sha256 !== null || md5 !== null, name);
    assert.ok(url.startsWith('https://') && url.endsWith(`/${file}`), name);
    assert.ok(AUTO_ORDER.includes(name), name);
    assert.notEqual(modelCostOf(name), null, name);
    const digits = /_([0-9a-f]{6})\.pth$/.exec(file)?.[1];
    if (digits !== undefined) assert.ok(md5?.startsWith(digits), name);
  }
});
