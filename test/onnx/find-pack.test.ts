import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { AUTO_ORDER } from '../../src/onnx/best-pack.js';
import { availablePacks, findPack } from '../../src/onnx/find-pack.js';
import { refusedWith } from '../support/refusals.js';
import { checkpointManifest, SMALL_CHECKPOINTS, writePack } from './checkpoint-packs.js';
import { litePackDirectory, temporaryFolder } from './copied-pack.js';

async function install(modelsDir: string, name: string, family: string): Promise<string> {
  const manifest = await checkpointManifest(SMALL_CHECKPOINTS.sam.path, family);
  return writePack(join(modelsDir, name), { ...manifest, name });
}

test('auto takes the embedded pack where no better one is installed', async (t) => {
  const modelsDir = await temporaryFolder(t);
  assert.equal(await findPack('auto', modelsDir), await litePackDirectory());
  await install(modelsDir, 'own', 'sam-vit-32x4');
  assert.equal(await findPack('auto', modelsDir), await litePackDirectory());
});

test('auto takes the most preferred family of those installed', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const better = AUTO_ORDER.slice(0, -1).reverse();
  assert.deepEqual(better[0], 'mobile-sam');
  for (const [index, family] of better.entries()) {
    const folder = await install(modelsDir, `model-${index}`, family);
    assert.equal(await findPack('auto', modelsDir), folder, family);
  }
});

test('auto passes over a pack whose manifest is not valid', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const folder = await install(modelsDir, 'mobile', 'mobile-sam');
  await mkdir(join(modelsDir, 'broken'));
  await writeFile(join(modelsDir, 'broken', 'pack.json'), '{"family":"sam-vit-h"}');
  assert.equal(await findPack('auto', modelsDir), folder);
});

test('a name means the configured folder’s pack before the program’s own, a path means itself', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const folder = await install(modelsDir, 'lite', 'mobile-sam');
  assert.equal(await findPack('lite', modelsDir), folder);
  assert.equal(await findPack('lite', null), await litePackDirectory());
  assert.equal(await findPack(folder, null), folder);
  assert.equal((await availablePacks(modelsDir)).filter(({ name }) => name === 'lite').length, 1);
  await assert.rejects(
    findPack('none', modelsDir),
    refusedWith('PACK_UNKNOWN', { expected: /lite/, received: /none/ }),
  );
  await assert.rejects(findPack('/no/such/folder', null), refusedWith('PACK_UNKNOWN'));
});
