import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { modelVersionOf } from '../../src/onnx/model-version.js';
import { type Embedding, type Model, openModel } from '../../src/onnx/model.js';
import { loadPack } from '../../src/onnx/pack.js';
import type { RgbImage } from '../../src/onnx/rgb-image.js';
import type { Candidates, FramePrompt, PointLabel } from '../../src/refiner/engine.js';
import { maskFromBitmap } from '../../src/refiner/mask.js';
import { iou } from '../../src/refiner/metrics.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { refineMasks } from '../../src/refiner/refine.js';
import { refusedWith } from '../support/refusals.js';
import { copyLitePack, litePackDirectory, type LooseManifest } from './copied-pack.js';

const WIDTH = 320;
const HEIGHT = 240;
const DISC = { x: 170, y: 115, radius: 60 };

function inDisc(x: number, y: number, { radius } = DISC): boolean {
  return Math.hypot(x - DISC.x, y - DISC.y) < radius;
}

/** A bright disc on a dark ground, both a little uneven. */
function discPicture(): RgbImage {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const grain = ((x * 7 + y * 13) % 17) - 8;
      const colour = inDisc(x, y) ? [210, 160, 60] : [40, 60, 90];
      data.set(
        colour.map((level) => level + grain),
        (y * WIDTH + x) * 3,
      );
    }
  }
  return { width: WIDTH, height: HEIGHT, data };
}

function bitmap(inside: (x: number, y: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) =>
    inside(i % WIDTH, Math.floor(i / WIDTH)) ? 1 : 0,
  );
}

/** Numbers from 0 to 1 that are the same in every run (a linear congruential generator). */
function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Prompts of all kinds: with and without points, negative point, box and mask. */
function somePrompts(count: number): readonly FramePrompt[] {
  const random = pseudoRandom(585);
  return Array.from({ length: count }, (_, i) => {
    const [x, y] = [Math.floor(random() * 400) + 50, Math.floor(random() * 280) + 50];
    const labels: readonly PointLabel[] = [
      i % 5 === 4 ? -1 : 1,
      i % 2 ? 0 : -1,
      i % 3 ? 2 : -1,
      i % 3 ? 3 : -1,
    ];
    const maskLogits = Float32Array.from({ length: 256 * 256 }, (_, k) => {
      const distance = Math.hypot((k % 256) * 2 - x, Math.floor(k / 256) * 2 - y);
      return distance < 60 ? 30 * Math.exp(-(distance ** 2) / 900) : -30;
    });
    return {
      coords: Float32Array.of(x, y, x + 70, y - 40, x - 50, y - 50, x + 50, y + 50),
      labels,
      maskLogits: i % 4 === 3 ? null : maskLogits,
    };
  });
}

function hashOf({ logits, ious, iouFeatures }: Candidates): string {
  const hash = createHash('sha256');
  for (const values of [logits, ious, iouFeatures]) {
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

let model: Model;
let embedding: Embedding;

before(async () => {
  model = await openModel(await loadPack(await litePackDirectory()), { threads: 1 });
  embedding = await model.encode(discPicture());
});

after(() => model.close());

test('an embedding knows its frame and the memory that it takes', () => {
  assert.deepEqual(
    [embedding.frame.imageWidth, embedding.frame.resizedWidth, embedding.frame.resizedHeight],
    [WIDTH, 512, 384],
  );
  assert.equal(
    embedding.bytes,
    4 * (128 * 32 * 32 + 48 * 64 * 64 + 24 * 128 * 128 + 16 * 256 * 256 + 80 * 128 * 128),
  );
  const { features, pointSlots, selectable } = model.decoderFor(embedding);
  assert.deepEqual([features.channels, features.height, features.width], [128, 32, 32]);
  assert.deepEqual([pointSlots, selectable], [null, [1, 2, 3]]);
});

test('the version names the pack and its fingerprint', () => {
  assert.equal(model.version, modelVersionOf(model.pack));
});

test('a prompt gets the same bytes whatever it is decoded together with and in whatever order', async () => {
  const prompts = somePrompts(8);
  const alone: string[] = [];
  for (const prompt of prompts) {
    const [candidates] = await model.decoderFor(embedding).decode([prompt]);
    assert.ok(candidates);
    alone.push(hashOf(candidates));
  }
  assert.equal(new Set(alone).size, prompts.length);
  const decoder = model.decoderFor(embedding);
  for (const order of [
    [0, 1, 2, 3, 4, 5, 6, 7],
    [7, 2],
    [5, 0, 3],
    [6, 4, 1, 0, 2, 3, 5, 7],
  ]) {
    const together = await decoder.decode(order.flatMap((i) => prompts[i] ?? []));
    assert.deepEqual(
      together.map(hashOf),
      order.map((i) => alone[i]),
    );
  }
});

test('the number of threads changes no byte', async (t) => {
  const other = await openModel(model.pack, { threads: 2 });
  t.after(() => other.close());
  const again = await other.encode(discPicture());
  for (const [name, tensor] of Object.entries(embedding.tensors)) {
    assert.deepEqual(again.tensors[name]?.data, tensor.data, name);
  }
  const prompts = somePrompts(3);
  const one = await model.decoderFor(embedding).decode(prompts);
  const two = await other.decoderFor(again).decode(prompts);
  assert.deepEqual(two.map(hashOf), one.map(hashOf));
});

test('the candidates are as many and as large as the pack declares, and finite', async () => {
  const [candidates] = await model.decoderFor(embedding).decode(somePrompts(1));
  assert.ok(candidates);
  assert.equal(candidates.count, 4);
  assert.deepEqual(
    [candidates.logits.length, candidates.ious.length, candidates.iouFeatures.length],
    [4 * 256 * 256, 4, 128],
  );
  assert.ok(
    [candidates.logits, candidates.ious, candidates.iouFeatures].every((v) => v.every(Number.isFinite)),
  );
});

test('a second decoder of the same image does not touch the results of the first', async () => {
  const prompts = somePrompts(2);
  const [first] = await model.decoderFor(embedding).decode(prompts.slice(0, 1));
  assert.ok(first);
  const hash = hashOf(first);
  await model.decoderFor(embedding).decode(prompts.slice(1));
  assert.equal(hashOf(first), hash);
});

test('no prompts give no candidates', async () => {
  assert.deepEqual(await model.decoderFor(embedding).decode([]), []);
});

test('decoding stops between two prompts when it is aborted, with the reason of the signal', async () => {
  const controller = new AbortController();
  const reason = new Error('no longer wanted');
  const decoding = model.decoderFor(embedding).decode(somePrompts(8), controller.signal);
  setImmediate(() => controller.abort(reason));
  await assert.rejects(decoding, reason);
  await assert.rejects(model.decoderFor(embedding).decode(somePrompts(1), controller.signal), reason);
});

test('a prompt without the slots that the model was trained with is refused', async (t) => {
  const folder = await copyLitePack(t, ({ decoder }) => (decoder['pointSlots'] = 4));
  const slotted = await openModel(await loadPack(folder), { threads: 1 });
  t.after(() => slotted.close());
  const prompt: FramePrompt = { coords: Float32Array.of(1, 1), labels: [1], maskLogits: null };
  await assert.rejects(
    slotted.decoderFor(await slotted.encode(discPicture())).decode([prompt]),
    refusedWith('INTERNAL', { expected: /4 points/, received: /1 labels/ }),
  );
  const short: FramePrompt = { ...somePrompts(1)[0], maskLogits: new Float32Array(9) } as FramePrompt;
  await assert.rejects(
    model.decoderFor(embedding).decode([short]),
    refusedWith('INTERNAL', { received: /9 logits/ }),
  );
});

test('a pack may decode several prompts in a run: the masks are the same but for rounding', async (t) => {
  const folder = await copyLitePack(t, ({ decoder }) => (decoder['promptsPerRun'] = 3));
  const batching = await openModel(await loadPack(folder), { threads: 1 });
  t.after(() => batching.close());
  const prompts = somePrompts(5);
  const one = await model.decoderFor(embedding).decode(prompts);
  const three = await batching.decoderFor(await batching.encode(discPicture())).decode(prompts);
  for (const [index, candidates] of three.entries()) {
    const wanted = one[index]?.logits ?? new Float32Array(0);
    const off = candidates.logits.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (wanted[i] ?? NaN))),
      0,
    );
    assert.ok(off < 1e-4, `prompt ${index}: ${off}`);
  }
});

test('a prompt of a kind that the pack does not accept is refused', async (t) => {
  const folder = await copyLitePack(t, ({ decoder }) => (decoder['accepts'] = ['points', 'boxes']));
  const maskless = await openModel(await loadPack(folder), { threads: 1 });
  t.after(() => maskless.close());
  const decoder = maskless.decoderFor(embedding);
  await assert.rejects(decoder.decode(somePrompts(1)), refusedWith('PACK_MISMATCH', { received: /mask/ }));
  const withoutMasks = somePrompts(1).map((prompt) => ({ ...prompt, maskLogits: null }));
  assert.equal((await decoder.decode(withoutMasks)).length, 1);
});

const MISMATCHES: readonly (readonly [string, RegExp, (manifest: LooseManifest) => void])[] = [
  ['another name for the input', /picture float32/, ({ input }) => (input['tensor'] = 'picture')],
  ['another input size', /1, 3, 1024, 1024/, ({ input }) => (input['size'] = 1024)],
  [
    'labels of another type',
    /point_labels float32/,
    ({ decoder }) => (decoder['pointLabelsType'] = 'float32'),
  ],
  ['another mask size', /mask_input float32/, ({ decoder }) => (decoder['maskSize'] = 128)],
  ['more candidates', /low_res_masks float32/, ({ decoder }) => (decoder['candidateCount'] = 5)],
  [
    'more IoU features',
    /iou_features float32 \[1, 256\]/,
    ({ decoder }) => (decoder['iouFeatureCount'] = 256),
  ],
  ['an output that is not there', /scores/, ({ decoder }) => (decoder['ious'] = 'scores')],
  [
    'an embedding tensor fewer than the decoder takes',
    /image_embeddings/,
    ({ encoder }) => (encoder['outputs'] as unknown[]).pop(),
  ],
  [
    'another shape of an embedding tensor',
    /high_res_s2 float32 \[1, 16, 128, 128\]/,
    ({ encoder }) => {
      (encoder['outputs'] as unknown[])[3] = { tensor: 'high_res_s2', shape: [1, 16, 128, 128] };
    },
  ],
];

for (const [what, expected, change] of MISMATCHES) {
  test(`a pack that declares ${what} is refused when the model is opened`, async (t) => {
    const pack = await loadPack(await copyLitePack(t, change));
    await assert.rejects(openModel(pack, { threads: 1 }), refusedWith('PACK_MISMATCH', { expected }));
  });
}

test('a file with the right hash that is no ONNX graph is refused', async (t) => {
  const junk = Buffer.from('this is no graph');
  const folder = await copyLitePack(t, (manifest) => {
    const sha256 = createHash('sha256').update(junk).digest('hex');
    (manifest.files as unknown as unknown[])[1] = { path: 'decoder.onnx', bytes: junk.length, sha256 };
  });
  await writeFile(join(folder, 'decoder.onnx'), junk);
  const pack = await loadPack(folder);
  await assert.rejects(
    openModel(pack, { threads: 1 }),
    refusedWith('PACK_FILE_DAMAGED', { where: /decoder\.onnx/, expected: /ONNX/ }),
  );
});

test('the rough mask of a disc becomes the disc', async () => {
  const truth = maskFromBitmap(bitmap(inDisc), WIDTH, HEIGHT);
  // Too small, shifted, with a corner cut off.
  const rough = maskFromBitmap(
    bitmap((x, y) => inDisc(x - 6, y + 4, { ...DISC, radius: 50 }) && x + y > 220),
    WIDTH,
    HEIGHT,
  );
  const options = { ...PRESETS.official, rounds: 1 };
  const [verdict] = await refineMasks([rough], model.decoderFor(embedding), options);
  assert.ok(verdict);
  const [before, after] = [iou(rough, truth), iou(verdict.mask, truth)];
  assert.equal(verdict.status, 'refined');
  assert.ok(before < 0.75, `the rough mask has ${before}`);
  assert.ok(after > 0.9, `the refined mask has ${after}`);
});
