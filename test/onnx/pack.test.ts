import assert from 'node:assert/strict';
import { appendFile, mkdir, open, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { listPacks } from '../../src/onnx/list-packs.js';
import { optionsFor } from '../../src/onnx/options-for.js';
import { parseManifest } from '../../src/onnx/pack-manifest-check.js';
import { loadPack } from '../../src/onnx/pack.js';
import { findPackageRoot, packageVersion } from '../../src/onnx/package-root.js';
import { refusedWith } from '../support/refusals.js';
import {
  copyLitePack,
  litePackDirectory,
  type LooseManifest,
  readLiteManifest,
  temporaryFolder,
} from './copied-pack.js';

test('the pack that comes with the program is whole and says where it comes from', async () => {
  const pack = await loadPack(await litePackDirectory());
  assert.equal(pack.manifest.name, 'lite');
  assert.match(pack.fingerprint, /^[0-9a-f]{64}$/);
  assert.equal(pack.manifest.licence, 'Apache-2.0');
});

test('the fingerprint changes with what decides the results and with nothing else', async (t) => {
  const original = await loadPack(await litePackDirectory());
  const reworded = await loadPack(
    await copyLitePack(t, (manifest) => Object.assign(manifest, { source: 'x' })),
  );
  const padded = await loadPack(await copyLitePack(t, ({ input }) => (input['padValue'] = 0)));
  assert.equal(reworded.fingerprint, original.fingerprint);
  assert.notEqual(padded.fingerprint, original.fingerprint);
});

test('a folder without pack.json is refused as missing', async (t) => {
  await assert.rejects(
    loadPack(await temporaryFolder(t)),
    refusedWith('PACK_FILE_MISSING', { where: /pack\.json/ }),
  );
  await assert.rejects(loadPack('/no/such/folder'), refusedWith('PACK_FILE_MISSING'));
});

test('a file that is gone is refused by its name', async (t) => {
  const folder = await copyLitePack(t);
  await rm(join(folder, 'decoder.onnx'));
  await assert.rejects(loadPack(folder), refusedWith('PACK_FILE_MISSING', { where: /decoder\.onnx/ }));
});

test('a folder in place of a file is refused as missing', async (t) => {
  const folder = await copyLitePack(t);
  await rm(join(folder, 'decoder.onnx'));
  await mkdir(join(folder, 'decoder.onnx'));
  await assert.rejects(loadPack(folder), refusedWith('PACK_FILE_MISSING', { where: /decoder\.onnx/ }));
});

test('a file that was cut short or grew is refused by its size', async (t) => {
  const folder = await copyLitePack(t);
  const { size } = await stat(join(folder, 'encoder.onnx'));
  await truncate(join(folder, 'encoder.onnx'), 1000);
  const expected = new RegExp(`${String(size)} bytes`);
  const facts = { where: /encoder\.onnx/, expected, received: /1000 bytes/ };
  await assert.rejects(loadPack(folder), refusedWith('PACK_FILE_DAMAGED', facts));

  const grown = await copyLitePack(t);
  await appendFile(join(grown, 'encoder.onnx'), 'x');
  await assert.rejects(
    loadPack(grown),
    refusedWith('PACK_FILE_DAMAGED', { received: new RegExp(`${String(size + 1)} bytes`) }),
  );
});

test('one changed byte is found by the hash', async (t) => {
  const folder = await copyLitePack(t);
  const file = await open(join(folder, 'encoder.onnx'), 'r+');
  const byte = new Uint8Array(1);
  await file.read(byte, 0, 1, 3_000_000);
  await file.write(Uint8Array.of((byte[0] ?? 0) ^ 1), 0, 1, 3_000_000);
  await file.close();
  await assert.rejects(
    loadPack(folder),
    refusedWith('PACK_FILE_DAMAGED', { where: /encoder\.onnx/, expected: /SHA-256 c64908e9/ }),
  );
});

test('a link that leads out of the pack is refused', async (t) => {
  const folder = await copyLitePack(t);
  await rm(join(folder, 'encoder.onnx'));
  await symlink(join(await litePackDirectory(), 'encoder.onnx'), join(folder, 'encoder.onnx'));
  await assert.rejects(loadPack(folder), refusedWith('PACK_INVALID', { received: /link/ }));
});

test('checking a pack stops when it is aborted', async () => {
  const reason = new Error('no longer wanted');
  await assert.rejects(loadPack(await litePackDirectory(), AbortSignal.abort(reason)), reason);
});

test('a manifest that is no JSON, no object or far too long is refused', async (t) => {
  const folder = await copyLitePack(t);
  await writeFile(join(folder, 'pack.json'), '{ "formatVersion": 1');
  await assert.rejects(loadPack(folder), refusedWith('PACK_INVALID', { expected: /JSON/ }));
  await writeFile(join(folder, 'pack.json'), '[]');
  await assert.rejects(loadPack(folder), refusedWith('PACK_INVALID', { expected: /object/ }));
  await writeFile(join(folder, 'pack.json'), ' '.repeat(1_000_001));
  await assert.rejects(loadPack(folder), refusedWith('PACK_INVALID', { received: /1000001 bytes/ }));
});

const WRONG: readonly (readonly [string, RegExp, (manifest: LooseManifest) => void])[] = [
  ['a later format', /formatVersion/, (m) => Object.assign(m, { formatVersion: 4 })],
  ['a pixel layout that is not known', /layout/, (m) => (m.input['layout'] = 'nhwc-uint8')],
  ['a resize rule that is not known', /resize/, (m) => (m.input['resize'] = 'lanczos')],
  [
    'a standard deviation of 0',
    /std/,
    (m) => (m.input['normalisation'] = { mean: [0, 0, 0], std: [1, 0, 1] }),
  ],
  [
    'two means for three channels',
    /mean/,
    (m) => (m.input['normalisation'] = { mean: [0, 0], std: [1, 1, 1] }),
  ],
  ['a size of 0', /size/, (m) => (m.input['size'] = 0)],
  ['a size in words', /size/, (m) => (m.input['size'] = '512')],
  ['an absolute path', /encoder\/file/, (m) => (m.encoder['file'] = '/etc/passwd')],
  ['a path that climbs out', /encoder\/file/, (m) => (m.encoder['file'] = '../encoder.onnx')],
  ['a graph that is not listed', /other\.onnx/, (m) => (m.encoder['file'] = 'other.onnx')],
  ['features that are no output', /features/, (m) => (m.encoder['features'] = 'nothing')],
  ['a candidate that does not exist', /selectable/, (m) => (m.decoder['selectable'] = [1, 2, 4])],
  ['no candidate to select', /selectable/, (m) => (m.decoder['selectable'] = [])],
  ['no prompt in a run', /promptsPerRun/, (m) => (m.decoder['promptsPerRun'] = 0)],
  ['an unknown kind of prompt', /accepts/, (m) => (m.decoder['accepts'] = ['text'])],
  [
    'a hash in capitals',
    /sha256/,
    (m) => Object.assign(m, { files: [{ path: 'a', bytes: 1, sha256: 'A'.repeat(64) }] }),
  ],
  ['a name with a slash', /name/, (m) => Object.assign(m, { name: 'a/b' })],
];

for (const [what, field, change] of WRONG) {
  test(`a manifest with ${what} is refused`, async () => {
    const manifest = await readLiteManifest();
    change(manifest);
    assert.throws(
      () => parseManifest(JSON.stringify(manifest), 'pack.json'),
      refusedWith('PACK_INVALID', { expected: field }),
    );
  });
}

/** The paths of all objects in a value, the outermost first. */
function objectPaths(
  value: unknown,
  path: readonly (string | number)[] = [],
): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, child]) => objectPaths(child, [...path, key]));
  return Array.isArray(value) ? inner : [path, ...inner];
}

function at(value: unknown, path: readonly (string | number)[]): Record<string, unknown> {
  return path.reduce<unknown>((v, key) => (v as Record<string, unknown>)[key], value) as Record<
    string,
    unknown
  >;
}

test('a manifest is refused when any one field is left out or an unknown one is added, at every level', async () => {
  const original = await readLiteManifest();
  Object.assign(original.input, { normalisation: { mean: [1, 2, 3], std: [1, 2, 3] } });
  assert.ok(parseManifest(JSON.stringify(original), 'pack.json'));
  const paths = objectPaths(original);
  assert.ok(paths.length > 8);
  const optional = ['zoom', 'minWidthCells', 'minStability', 'dropStrayParts', 'card'];
  for (const path of paths) {
    const keys = Object.keys(at(original, path)).filter((key) => !optional.includes(key));
    for (const key of [...keys, null]) {
      const changed = structuredClone(original);
      if (key === null) at(changed, path)['surprise'] = 1;
      else at(changed, path)[key] = undefined;
      const where = `${path.join('.')} ${key ?? 'surprise'}`;
      assert.throws(() => parseManifest(JSON.stringify(changed), where), refusedWith('PACK_INVALID'), where);
    }
  }
});

test('a pack may say whether it zooms, and does not where it says nothing', async () => {
  const original = await readLiteManifest();
  const zooms = (zoom: unknown): boolean => {
    const changed = { ...original, defaults: { ...(original.defaults as object), zoom } };
    return optionsFor(parseManifest(JSON.stringify(changed), 'pack.json').defaults).zoom;
  };
  assert.deepEqual([true, false, undefined].map(zooms), [true, false, false]);
  assert.throws(() => zooms('on'), refusedWith('PACK_INVALID'));
});

for (const [name, most] of [
  ['minStability', 1],
  ['minWidthCells', 64],
] as const) {
  test(`a pack may set ${name}, which is 0 where it says nothing`, async () => {
    const original = await readLiteManifest();
    const limit = (value: unknown): number => {
      const changed = { ...original, defaults: { ...(original.defaults as object), [name]: value } };
      return optionsFor(parseManifest(JSON.stringify(changed), 'pack.json').defaults).accept[name];
    };
    assert.deepEqual([0.7, undefined].map(limit), [0.7, 0]);
    assert.throws(() => limit(most + 0.5), refusedWith('PACK_INVALID'));
  });
}

test('a pack may have a model card, which must then be whole', async () => {
  const original = await readLiteManifest();
  const card = {
    data: [{ name: 'nuclei', images: 518, licence: 'CC0 1.0', source: 'BBBC038' }],
    training: 'train.py',
    figures: {
      how: 'samrefiner eval',
      date: '2026-11-21',
      roughIou: 0.7,
      refinedIou: 0.8,
      roughBoundaryIou: 0.5,
      refinedBoundaryIou: 0.6,
      better: 0.7,
      worse: 0.1,
      boxOnlyIou: 0.7,
      clickOnlyIou: 0.5,
    },
    limits: ['cracks'],
    insteadOfIt: 'sam-vit-b',
  };
  const parsed = parseManifest(JSON.stringify({ ...original, card }), 'pack.json');
  assert.ok(parsed.formatVersion === 1);
  assert.deepEqual(parsed.card, card);
  for (const wrong of [{ date: 'yesterday' }, { worse: 10 }, { clickOnlyIou: undefined }]) {
    const changed = { ...original, card: { ...card, figures: { ...card.figures, ...wrong } } };
    assert.throws(() => parseManifest(JSON.stringify(changed), 'pack.json'), refusedWith('PACK_INVALID'));
  }
});

test('a missing models folder holds no packs; others list the folders with a pack.json by name', async (t) => {
  const folder = await temporaryFolder(t);
  assert.deepEqual(await listPacks(join(folder, 'nothing')), []);
  for (const name of ['b', 'a', 'c']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'b', 'pack.json'), '');
  await writeFile(join(folder, 'a', 'pack.json'), '');
  await writeFile(join(folder, 'pack.json'), '');
  assert.deepEqual(await listPacks(folder), [
    { name: 'a', directory: join(folder, 'a') },
    { name: 'b', directory: join(folder, 'b') },
  ]);
});

test('the package root is where our own package.json and models are', async () => {
  const packs = await listPacks(join(await findPackageRoot(), 'models'));
  assert.ok(packs.some(({ name }) => name === 'lite'));
  assert.match(await packageVersion(), /^\d+\.\d+\.\d+/);
});
