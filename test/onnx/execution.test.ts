import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { RefinerError } from '../../src/errors.js';
import { type Execution, withProvider } from '../../src/onnx/execution.js';
import { type Model, openModel } from '../../src/onnx/model.js';
import { loadPack } from '../../src/onnx/pack.js';
import type { PoolEvent } from '../../src/onnx/pool.js';
import { maskFromBitmap } from '../../src/refiner/mask.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { refineMasks } from '../../src/refiner/refine.js';
import type { Verdict } from '../../src/refiner/verdict.js';
import { refusedWith } from '../support/refusals.js';
import { checkpointManifest, SMALL_CHECKPOINTS, writePack } from './checkpoint-packs.js';
import { temporaryFolder } from './copied-pack.js';
import { LITE_PACK, openPool } from './open-pool.js';

async function folderOf(t: TestContext, pack: 'lite' | 'sam'): Promise<string> {
  if (pack === 'lite') return LITE_PACK;
  const { path, family } = SMALL_CHECKPOINTS[pack];
  return writePack(await temporaryFolder(t), await checkpointManifest(path, family));
}

async function open(t: TestContext, folder: string, execution: Omit<Execution, 'threads'>): Promise<Model> {
  const model = await openModel(await loadPack(folder), { threads: 1, ...execution });
  t.after(() => model.close());
  return model;
}

async function refineWith(model: Model): Promise<readonly Verdict[]> {
  const [width, height] = [90, 60];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 37) % 256);
  const bitmap = Uint8Array.from({ length: width * height }, (_, i) => Number(i % 90 > 20 && i % 90 < 60));
  const decoder = model.decoderFor(await model.encode({ width, height, data }));
  return refineMasks([maskFromBitmap(bitmap, width, height)], decoder, PRESETS.official);
}

for (const pack of ['lite', 'sam'] as const) {
  for (const device of ['cuda', 'webgpu'] as const) {
    test(`without a usable graphics card ${device} runs ${pack} on the CPU, with the same results`, async (t) => {
      const folder = await folderOf(t, pack);
      const model = await open(t, folder, { device });
      if (model.inUse.provider !== 'cpu') {
        t.skip(`${device} works here`);
        return;
      }
      const [refused, ...more] = model.inUse.refused;
      assert.deepEqual([refused?.provider, more], [device, []]);
      assert.match(refused?.reason ?? '', device === 'cuda' ? /cuda/i : /webgpu/i);
      const onCpu = await open(t, folder, { device: 'cpu' });
      assert.deepEqual(onCpu.inUse, { provider: 'cpu', refused: [] });
      assert.equal(model.version, onCpu.version);
      assert.deepEqual(await refineWith(model), await refineWith(onCpu));
    });
  }
}

test('auto tries the graphics cards first and takes what works', async () => {
  const tried: string[] = [];
  const { opened, inUse } = await withProvider('auto', (provider) => {
    tried.push(provider);
    return provider === 'webgpu' ? Promise.resolve('open') : Promise.reject(new Error('no such card'));
  });
  assert.deepEqual(tried, ['cuda', 'webgpu']);
  assert.equal(opened, 'open');
  assert.deepEqual(inUse, {
    provider: 'webgpu',
    refused: [{ provider: 'cuda', reason: 'no such card' }],
  });
});

test('what the CPU refuses is refused', async () => {
  const damaged = new RefinerError('PACK_FILE_DAMAGED');
  await assert.rejects(
    withProvider('auto', () => Promise.reject(damaged)),
    damaged,
  );
});

test('workers say what they run on, and are given device and precision', async (t) => {
  const events: PoolEvent[] = [];
  const folder = await folderOf(t, 'sam');
  const pool = await openPool(t, {
    packDirectory: folder,
    device: 'cuda',
    precision: 'int8',
    onEvent: (event) => events.push(event),
  });
  const [started] = events;
  assert.ok(started?.kind === 'worker-started');
  const { inUse } = started;
  assert.deepEqual(inUse.provider === 'cpu' ? inUse.refused.map(({ provider }) => provider) : ['cuda'], [
    'cuda',
  ]);
  assert.match(pool.modelVersion, /-int8$/);
});

test('int8 gives another version and other masks, and fp32 is what nothing asked for gives', async (t) => {
  const folder = await folderOf(t, 'sam');
  const [exact, named, int8] = [
    await open(t, folder, {}),
    await open(t, folder, { precision: 'fp32' }),
    await open(t, folder, { precision: 'int8' }),
  ];
  assert.equal(named.version, exact.version);
  assert.equal(int8.version, `${exact.version}-int8`);
  const image = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(90) };
  const features = async (model: Model): Promise<Float32Array> =>
    model.decoderFor(await model.encode(image)).features.data;
  assert.deepEqual(await features(named), await features(exact));
  assert.notDeepEqual(await features(int8), await features(exact));
});

test('models without a ViT of a checkpoint refuse int8', async (t) => {
  const where = { received: /int8/ };
  await assert.rejects(
    open(t, LITE_PACK, { precision: 'int8' }),
    refusedWith('PRECISION_UNSUPPORTED', where),
  );
  const manifest = await checkpointManifest('test/golden/models/tiny.pth', 'mobile-sam');
  const folder = await writePack(await temporaryFolder(t), {
    ...manifest,
    checkpoint: { ...manifest.checkpoint, path: `${process.cwd()}/test/golden/models/tiny.pth` },
  });
  await assert.rejects(open(t, folder, { precision: 'int8' }), refusedWith('PRECISION_UNSUPPORTED', where));
});
