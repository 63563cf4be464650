import assert from 'node:assert/strict';
import { copyFile, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { Tensor } from 'onnxruntime-node';
import { type Model, openModel } from '../../src/onnx/model.js';
import type { CheckpointPackManifest } from '../../src/onnx/pack-manifest.js';
import { parseManifest } from '../../src/onnx/pack-manifest-check.js';
import { loadPack } from '../../src/onnx/pack.js';
import type { RgbImage } from '../../src/onnx/rgb-image.js';
import type { FramePrompt } from '../../src/refiner/engine.js';
import { maskFromBitmap } from '../../src/refiner/mask.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { refineMasks } from '../../src/refiner/refine.js';
import { refusedWith } from '../support/refusals.js';
import { checkpointManifest, damagedCopy, SMALL_CHECKPOINTS, writePack } from './checkpoint-packs.js';
import { temporaryFolder } from './copied-pack.js';
import { numbersOf, relativeError, tensorOf } from './graph/decoder-vectors.js';
import { readModelVectors } from './graph/model-vectors.js';

type Small = keyof typeof SMALL_CHECKPOINTS;

async function packOf(t: TestContext, small: Small = 'sam'): Promise<string> {
  const { path, family } = SMALL_CHECKPOINTS[small];
  return writePack(await temporaryFolder(t), await checkpointManifest(path, family));
}

async function openSmall(t: TestContext, small: Small, threads = 1): Promise<Model> {
  const model = await openModel(await loadPack(await packOf(t, small)), { threads });
  t.after(() => model.close());
  return model;
}

/** The image that the recorded embedding was made of, as large as the input frame. */
async function recordedImage(small: Small): Promise<RgbImage> {
  const image = tensorOf(await readModelVectors('test/golden/models', small), 'image');
  const [, height = 0, width = 0] = image.dims;
  return { width, height, data: Uint8Array.from(numbersOf(image)) };
}

for (const small of ['sam', 'hq'] as const) {
  test(`a pack of a ${small} checkpoint encodes an image as the official model does`, async (t) => {
    const model = await openSmall(t, small);
    const embedding = await model.encode(await recordedImage(small));
    const { features } = model.decoderFor(embedding);
    const expected = tensorOf(await readModelVectors('test/golden/models', small), 'embedding');
    assert.deepEqual([1, features.channels, features.height, features.width], [...expected.dims]);
    const grid = new Tensor('float32', features.data, expected.dims);
    assert.ok(relativeError(grid, expected) < 1e-4);
  });

  test(`masks are refined with a ${small} checkpoint, the same with any number of threads`, async (t) => {
    const image = {
      width: 90,
      height: 60,
      data: Uint8Array.from({ length: 16200 }, (_, i) => (i * 37) % 256),
    };
    const bitmap = Uint8Array.from({ length: 5400 }, (_, i) =>
      Number(i % 90 > 20 && i % 90 < 60 && i > 1000),
    );
    const rough = [
      maskFromBitmap(bitmap, 90, 60),
      maskFromBitmap(
        bitmap.map((v) => 1 - v),
        90,
        60,
      ),
    ];
    const refined = [];
    for (const threads of [1, 2]) {
      const model = await openSmall(t, small, threads);
      const decoder = model.decoderFor(await model.encode(image));
      refined.push(await refineMasks(rough, decoder, PRESETS.official));
    }
    assert.deepEqual(refined[1], refined[0]);
    assert.deepEqual(
      refined[0]?.map(({ status, mask }) => [status === 'failed', mask.imageWidth, mask.imageHeight]),
      [
        [false, 90, 60],
        [false, 90, 60],
      ],
    );
  });
}

test('a prompt gets the same bytes whatever it is decoded together with', async (t) => {
  const model = await openSmall(t, 'sam');
  const embedding = await model.encode(await recordedImage('sam'));
  const prompts = Array.from({ length: 5 }, (_, i): FramePrompt => ({
    coords: Float32Array.of(10 + i, 12, 5, 6, 40 + i, 44),
    labels: [i % 2 ? 0 : 1, 2, 3],
    maskLogits: i % 3 ? Float32Array.from({ length: 32 * 32 }, (_, k) => Math.sin(k * (i + 1))) : null,
  }));
  const together = (await model.decoderFor(embedding).decode(prompts)).map(
    ({ logits, ious, iouFeatures }) => [logits.slice(), ious.slice(), iouFeatures.slice()],
  );
  for (const [index, prompt] of prompts.entries()) {
    const [alone] = await model.decoderFor(embedding).decode([prompt]);
    assert.deepEqual([alone?.logits, alone?.ious, alone?.iouFeatures], together[index]);
  }
});

test('the recorded masks come out of a pack', async (t) => {
  const model = await openSmall(t, 'sam');
  const vectors = await readModelVectors('test/golden/models', 'sam');
  const decoder = model.decoderFor(await model.encode(await recordedImage('sam')));
  const coords = numbersOf(tensorOf(vectors, 'point_coords'));
  const maskLogits = numbersOf(tensorOf(vectors, 'mask_input'));
  const [candidates] = await decoder.decode([{ coords, labels: [1, 2, 3], maskLogits }]);
  const masks = tensorOf(vectors, 'masks');
  assert.deepEqual([decoder.pointSlots, decoder.selectable, candidates?.count], [null, [1, 2, 3], 4]);
  const got = new Tensor('float32', candidates?.logits ?? new Float32Array(), masks.dims);
  assert.ok(relativeError(got, masks) < 1e-4);
});

test('a checkpoint in the pack’s folder, one elsewhere and one behind a link are the same model', async (t) => {
  const { path, family } = SMALL_CHECKPOINTS.sam;
  const manifest = await checkpointManifest(path, family);
  const inside = await temporaryFolder(t);
  await copyFile(path, join(inside, 'model.pth'));
  await writePack(inside, { ...manifest, checkpoint: { ...manifest.checkpoint, path: 'model.pth' } });
  const linked = await temporaryFolder(t);
  await symlink(path, join(linked, 'link.pth'));
  await writePack(linked, {
    ...manifest,
    checkpoint: { ...manifest.checkpoint, path: join(linked, 'link.pth') },
  });
  const versions = [];
  for (const folder of [inside, linked, await packOf(t)]) {
    const model = await openModel(await loadPack(folder), { threads: 1 });
    versions.push(model.version);
    await model.close();
  }
  assert.equal(new Set(versions).size, 1);
  assert.match(versions[0] ?? '', /^small-1\+[0-9a-f]{8}$/);
});

for (const [how, expected] of [
  ['changed', /SHA-256/],
  ['cut', /bytes/],
] as const) {
  test(`a checkpoint that was ${how} is refused`, async (t) => {
    const { path, family } = SMALL_CHECKPOINTS.sam;
    const manifest = await checkpointManifest(path, family);
    const folder = await temporaryFolder(t);
    await damagedCopy(path, join(folder, 'model.pth'), how);
    await writePack(folder, { ...manifest, checkpoint: { ...manifest.checkpoint, path: 'model.pth' } });
    await assert.rejects(
      loadPack(folder),
      refusedWith('PACK_FILE_DAMAGED', { where: /model\.pth/, expected }),
    );
  });
}

test('a checkpoint that is gone is refused with its place', async (t) => {
  const { path, family } = SMALL_CHECKPOINTS.sam;
  const folder = await temporaryFolder(t);
  const moved = join(folder, 'elsewhere', 'moved.pth');
  await mkdir(join(folder, 'elsewhere'));
  await copyFile(path, moved);
  await writePack(folder, await checkpointManifest(moved, family));
  await rm(moved);
  await assert.rejects(loadPack(folder), refusedWith('PACK_FILE_MISSING', { where: /moved\.pth/ }));
});

test('a pack that names another family than its checkpoint has is refused when the model is opened', async (t) => {
  const { path } = SMALL_CHECKPOINTS.sam;
  const folder = await writePack(await temporaryFolder(t), await checkpointManifest(path, 'sam-vit-b'));
  await assert.rejects(
    openModel(await loadPack(folder), { threads: 1 }),
    refusedWith('PACK_MISMATCH', { expected: /sam-vit-b/, received: /sam-vit-32x4/ }),
  );
});

const WRONG: readonly (readonly [string, RegExp, (manifest: CheckpointPackManifest) => unknown])[] = [
  [
    'a path that climbs out',
    /checkpoint\.path/,
    (m) => ({ ...m, checkpoint: { ...m.checkpoint, path: '../x.pth' } }),
  ],
  ['no size', /bytes/, ({ checkpoint: { path, sha256 }, ...m }) => ({ ...m, checkpoint: { path, sha256 } })],
  ['graphs too', /additional/, (m) => ({ ...m, files: [] })],
  ['a hash of another length', /sha256/, (m) => ({ ...m, checkpoint: { ...m.checkpoint, sha256: 'ab' } })],
];

for (const [what, expected, change] of WRONG) {
  test(`the manifest of a checkpoint with ${what} is refused`, async () => {
    const { path, family } = SMALL_CHECKPOINTS.sam;
    const manifest = change(await checkpointManifest(path, family));
    assert.throws(
      () => parseManifest(JSON.stringify(manifest), 'pack.json'),
      refusedWith('PACK_INVALID', { expected }),
    );
  });
}
