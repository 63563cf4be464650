import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { addExport } from '../../src/models-store/add-export.js';
import { addModel } from '../../src/models-store/add-model.js';
import { removeModel } from '../../src/models-store/remove-model.js';
import { verifyModels } from '../../src/models-store/verify-models.js';
import { openModelByName } from '../../src/onnx/open-model-by-name.js';
import { parseManifest } from '../../src/onnx/pack-manifest-check.js';
import { emptyMask, maskFromBitmap, maskToBitmap } from '../../src/refiner/mask.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { refineMasks } from '../../src/refiner/refine.js';
import type { Mask } from '../../src/refiner/types.js';
import { refusedWith } from '../support/refusals.js';
import { SMALL_CHECKPOINTS } from '../onnx/checkpoint-packs.js';
import { temporaryFolder } from '../onnx/copied-pack.js';
import { smallDecoder } from '../onnx/edit/small-decoder.js';
import { blankEncoder, smallExport, writeExport } from '../onnx/small-export.js';

const PLANES = [1, 3, 64, 64] as const;
const NORMALISED = { copy: false, encoderInput: 'normalised' } as const;

/** Discs of several sizes on noise. */
function discs(width: number, height: number): readonly Mask[] {
  return [9, 14, 22].map((radius, index) => {
    const [x, y] = [30 + 20 * index, 25 + 8 * index];
    const bitmap = Uint8Array.from({ length: width * height }, (_, i) =>
      Number(((i % width) - x) ** 2 + (Math.floor(i / width) - y) ** 2 < radius ** 2),
    );
    return maskFromBitmap(bitmap, width, height);
  });
}

function differingPx(a: Mask, b: Mask): number {
  const other = maskToBitmap(b);
  return maskToBitmap(a).reduce((sum, value, i) => sum + Number(value !== other[i]), 0);
}

async function refineWith(name: string, modelsDir: string): Promise<readonly Mask[]> {
  const [width, height] = [100, 70];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 37 + (i >> 5) * 11) % 256);
  const model = await openModelByName(name, { threads: 1, modelsDir });
  try {
    const decoder = model.decoderFor(await model.encode({ width, height, data }));
    const accept = { ...PRESETS.official.accept, minAgreement: 0, minPredictedIou: -1e9 };
    const verdicts = await refineMasks(discs(width, height), decoder, { ...PRESETS.official, accept });
    assert.deepEqual(
      verdicts.map(({ status }) => status),
      ['refined', 'refined', 'refined'],
    );
    return verdicts.map(({ mask }) => mask);
  } finally {
    await model.close();
  }
}

test('an export refines as the checkpoint does that it was made from', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const folder = await writeExport(await temporaryFolder(t));
  await addModel(SMALL_CHECKPOINTS.sam.path, { modelsDir, copy: false, name: 'own' });
  const manifest = await addExport(folder, {
    modelsDir,
    ...NORMALISED,
    name: 'public',
    licence: 'Apache-2.0',
  });
  assert.deepEqual(
    [manifest.family, manifest.licence, manifest.encoder.file.path, manifest.encoder.input],
    [
      'sam-onnx',
      'Apache-2.0',
      join(folder, 'encoder.onnx'),
      { tensor: 'x', form: 'normalised-planes', size: 64 },
    ],
  );
  const own = await refineWith('own', modelsDir);
  for (const [index, mask] of (await refineWith('public', modelsDir)).entries()) {
    assert.ok(differingPx(mask, own[index] ?? emptyMask({ width: 100, height: 70 })) <= 1);
  }
});

test('a copied encoder makes the pack independent of where it came from', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const folder = await writeExport(await temporaryFolder(t));
  await addExport(join(folder, 'decoder.onnx'), { modelsDir, copy: true, encoderInput: 'normalised' });
  await rm(folder, { recursive: true });
  const pack = join(modelsDir, 'sam-onnx');
  assert.deepEqual((await readdir(pack)).sort(), ['encoder.onnx', 'pack.json', 'refining-decoder.onnx']);
  assert.deepEqual(await verifyModels('sam-onnx', modelsDir), [{ name: 'sam-onnx', problem: null }]);
  assert.equal((await refineWith('sam-onnx', modelsDir)).length, 3);
  await writeFile(join(pack, 'refining-decoder.onnx'), await smallExport('decoder'));
  const [changed] = await verifyModels('sam-onnx', modelsDir);
  assert.match(changed?.problem ?? '', /refining-decoder\.onnx.*bytes/);
  assert.equal((await removeModel('sam-onnx', modelsDir)).keptFile, null);
});

test('a pack whose encoder stays outside is removed without it', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const folder = await writeExport(await temporaryFolder(t));
  await addExport(folder, { modelsDir, ...NORMALISED });
  const { keptFile } = await removeModel('sam-onnx', modelsDir);
  assert.equal(keptFile, join(folder, 'encoder.onnx'));
  assert.deepEqual((await readdir(folder)).sort(), ['decoder.onnx', 'encoder.onnx']);
});

for (const [what, shape, stated, form, size] of [
  ['raw planes', PLANES, 'raw', 'raw-planes', 64],
  ['pixels of any size', ['h', 'w', 3], undefined, 'raw-pixels', 128],
] as const) {
  test(`an encoder of ${what} is accepted`, async (t) => {
    const modelsDir = await temporaryFolder(t);
    const folder = await writeExport(await temporaryFolder(t), { 'encoder.onnx': blankEncoder(shape) });
    const manifest = await addExport(folder, { modelsDir, copy: true, encoderInput: stated });
    assert.deepEqual(manifest.encoder.input, { tensor: 'image', form, size });
    assert.deepEqual(manifest.encoder.output, { tensor: 'embedding', shape: [1, 16, 8, 8] });
    assert.equal((await refineWith('sam-onnx', modelsDir)).length, 3);
  });
}

const REFUSED: readonly (readonly [string, RegExp, Readonly<Record<string, Uint8Array>>])[] = [
  ['planes of which nobody says whether they are normalised', /--encoder-input normalised/, {}],
  ['planes of any size', /one input: float32/, { 'encoder.onnx': blankEncoder([1, 3, 'h', 'w']) }],
  ['planes of four colours', /one input: float32/, { 'encoder.onnx': blankEncoder([1, 4, 64, 64]) }],
  ['pixels of a fixed size', /any height and width/, { 'encoder.onnx': blankEncoder([64, 64, 3]) }],
  [
    'another embedding',
    /float32 output \[1, 16, 8, 8\]/,
    { 'encoder.onnx': blankEncoder(PLANES, { output: [1, 8, 8, 8] }) },
  ],
  ['a third file', /one \.onnx file beside/, { 'other.onnx': blankEncoder(PLANES) }],
  [
    'a decoder without a mask input',
    /mask_input.*rough masks/,
    { 'decoder.onnx': smallDecoder({ without: ['mask_input'] }) },
  ],
  ['a decoder of one selected mask', /none selected/, { 'decoder.onnx': smallDecoder({ then: 'Gather' }) }],
  ['two encoders', /one decoder among/, { 'decoder.onnx': blankEncoder(PLANES) }],
];

for (const [what, expected, files] of REFUSED) {
  test(`an export with ${what} is refused and leaves nothing behind`, async (t) => {
    const modelsDir = await temporaryFolder(t);
    const folder = await writeExport(await temporaryFolder(t), files);
    await assert.rejects(
      addExport(folder, { modelsDir, copy: true }),
      refusedWith('ONNX_UNSUPPORTED', { expected }),
    );
    assert.deepEqual(await readdir(modelsDir), []);
  });
}

test('a damaged export is refused and leaves nothing behind', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const decoder = await smallExport('decoder');
  for (const file of ['decoder.onnx', 'encoder.onnx']) {
    const folder = await writeExport(await temporaryFolder(t), { [file]: decoder.subarray(0, 100_000) });
    await assert.rejects(addExport(folder, { modelsDir, ...NORMALISED }), refusedWith('ONNX_INVALID'));
  }
  await assert.rejects(
    addExport(join(modelsDir, 'nothing.onnx'), { modelsDir, ...NORMALISED }),
    refusedWith('ONNX_INVALID', { received: /no such file/ }),
  );
  assert.deepEqual(await readdir(modelsDir), []);
});

test('a model that fails when it runs is not installed', async (t) => {
  const modelsDir = await temporaryFolder(t);
  // Declares the embedding that the decoder takes and gives another one.
  const text = Buffer.from(blankEncoder(['h', 'w', 3]));
  const dims = Buffer.from(BigInt64Array.of(1n, 16n, 8n, 8n).buffer);
  dims.copy(text, text.indexOf(dims));
  Buffer.from(BigInt64Array.of(1n, 16n, 4n, 4n).buffer).copy(text, text.indexOf(dims));
  const folder = await writeExport(await temporaryFolder(t), { 'encoder.onnx': text });
  await assert.rejects(
    addExport(folder, { modelsDir, copy: true }),
    refusedWith('PACK_MISMATCH', { where: /embedding/, received: /4, 4/ }),
  );
  assert.deepEqual(await readdir(modelsDir), []);
});

test('the manifest of an export with a path that climbs out, or without a field, is refused', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const folder = await writeExport(await temporaryFolder(t));
  await addExport(folder, { modelsDir, ...NORMALISED });
  const text = await readFile(join(modelsDir, 'sam-onnx', 'pack.json'), 'utf8');
  assert.equal(parseManifest(text, 'pack.json').formatVersion, 3);
  for (const [from, to, expected] of [
    [JSON.stringify(join(folder, 'encoder.onnx')), '"../encoder.onnx"', /encoder\.file\.path/],
    ['"refining-decoder.onnx"', '"/tmp/decoder.onnx"', /decoder/],
    ['"normalised-planes"', '"planes"', /form/],
    ['"maskSize"', '"maskSide"', /maskSize|additional/],
  ] as const) {
    assert.throws(
      () => parseManifest(text.replace(from, to), 'pack.json'),
      refusedWith('PACK_INVALID', { expected }),
    );
  }
});
