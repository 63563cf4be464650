import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openResultStore } from '../../../src/backend/results/result-store.js';
import { type StoredResultsSettings, withStore } from '../../../src/backend/results/stored-results.js';
import { RefinerError } from '../../../src/errors.js';
import { openInlineInference } from '../../../src/onnx/inline.js';
import type { Inference, RefineRequest, ShapeRequest } from '../../../src/onnx/inference.js';
import { PRESETS } from '../../../src/refiner/presets.js';
import { LITE_PACK } from '../../onnx/open-pool.js';
import { discImage } from '../../onnx/synthetic-image.js';
import { dilatingInference } from '../label-studio/dilating-inference.js';

const OPTIONS = { deadlineMs: 60_000 };

function disc(x: number, more: Partial<ShapeRequest> = {}): ShapeRequest {
  const shape = {
    kind: 'ellipse',
    unit: 'pixel',
    x,
    y: 110,
    radiusX: 50,
    radiusY: 45,
    rotationDegrees: 0,
  } as const;
  return { shape, semantic: false, output: { kind: 'brush-rle' }, madeFor: null, ...more };
}

function discs(count: number, more: Partial<ShapeRequest> = {}): readonly ShapeRequest[] {
  return Array.from({ length: count }, (_, index) => disc(100 + 3 * index, more));
}

async function requestFor(
  shapes: readonly ShapeRequest[],
  changes: Partial<RefineRequest> = {},
): Promise<RefineRequest> {
  const image = await discImage(1);
  return { image, orientation: 'exif', shapes, options: PRESETS.official, lane: 'batch', ...changes };
}

interface Opened {
  readonly settings: StoredResultsSettings;
  readonly folder: string;
  /** `stored/missing` of every lookup. */
  readonly lookups: string[];
}

async function openStore(context: TestContext): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'samrefiner-results-'));
  context.after(() => rm(folder, { recursive: true }));
  const onFailure = (error: unknown): void => assert.fail(String(error));
  const store = openResultStore({ folder, maxBytes: 1 << 26, onFailure });
  context.after(() => store.close());
  const lookups: string[] = [];
  const onLookup = (stored: number, missing: number): void => void lookups.push(`${stored}/${missing}`);
  return { settings: { store, program: 'test', onLookup }, folder, lookups };
}

test('the outcomes are the same to the byte without store, from the model in portions, and from the store', async (context) => {
  const inference = await openInlineInference({ packDirectory: LITE_PACK, threads: 1, cacheBytes: 1 << 28, maxPixels: 1e7 }); // prettier-ignore
  context.after(() => inference.close());
  const { settings, lookups } = await openStore(context);
  const outputs = [
    { kind: 'brush-rle' },
    { kind: 'png' },
    { kind: 'rings', minIou: 0.95, maxVertices: 99 },
  ] as const;
  const shapes = discs(36).map((shape, index) => ({ ...shape, output: outputs[index % 3] ?? outputs[0] }));
  const request = await requestFor([...shapes, disc(9000, { returnKept: true })], {
    options: { ...PRESETS.official, rounds: 1 },
  });
  const plain = await inference.refine(request, OPTIONS);
  const stored = withStore(inference, settings);
  const first = await stored.refine(request, OPTIONS);
  await settings.store.close();
  const second = await stored.refine(request, OPTIONS);
  assert.deepEqual(lookups, ['0/37', '37/0']);
  for (const answer of [first, second]) {
    assert.deepEqual(answer.outcomes, plain.outcomes);
    assert.equal(JSON.stringify(answer.outcomes), JSON.stringify(plain.outcomes));
    assert.deepEqual([answer.image, answer.orientation], [plain.image, plain.orientation]);
  }
});

test('only what is not stored is sent to the model, and outcomes keep their places', async (context) => {
  const { settings, lookups } = await openStore(context);
  const inference = dilatingInference();
  const stored = withStore(inference, settings);
  await stored.refine(await requestFor([disc(100), disc(150)]), OPTIONS);
  await settings.store.close();
  const broken = disc(50, { madeFor: { width: 5, height: 5 } });
  const request = await requestFor([disc(120), disc(150), broken, disc(100), disc(200)]);
  const answer = await stored.refine(request, OPTIONS);
  assert.deepEqual(lookups, ['0/2', '2/3']);
  assert.deepEqual(
    inference.requests.map(({ shapes }) => shapes.length),
    [2, 3],
  );
  assert.deepEqual(answer.outcomes, (await dilatingInference().refine(request, OPTIONS)).outcomes);
});

test('another image, shape, output, option, model, program or frame is another result', async (context) => {
  const { settings, lookups } = await openStore(context);
  const inference = dilatingInference();
  const ask = async (changes: Partial<RefineRequest>, by: Inference = inference, program = 'test') => {
    const shapes = changes.shapes ?? [disc(100)];
    await withStore(by, { ...settings, program }).refine(await requestFor(shapes, changes), OPTIONS);
    await settings.store.close();
  };
  await ask({});
  await ask({ image: await discImage(2) });
  await ask({ shapes: [disc(101)] });
  await ask({ shapes: [disc(100, { output: { kind: 'png' } })] });
  await ask({ shapes: [disc(100, { returnKept: true })] });
  await ask({ options: { ...PRESETS.official, rounds: 2 } });
  const { prompts, accept } = PRESETS.official;
  await ask({ shapes: [disc(100, { options: { prompts, accept, rounds: 2, zoom: false } })] });
  await ask({ options: { ...PRESETS.official, zoom: true } });
  const iouAdapter = {
    rank: 1,
    features: 1,
    outputs: 1,
    loraA: Float64Array.of(1),
    loraB: Float64Array.of(2),
  };
  await ask({ options: { ...PRESETS.official, iouAdapter } });
  await ask({ orientation: 'stored' });
  await ask({}, { ...inference, modelVersion: 'dilate-2' });
  await ask({}, inference, 'newer');
  assert.deepEqual(new Set(lookups), new Set(['0/1']));
  await ask({ lane: 'interactive', options: { ...PRESETS.official, decoderBatch: 1 } });
  assert.equal(lookups.at(-1), '1/0');
});

test('semantic masks of one image are stored together, because they share out its pixels', async (context) => {
  const { settings, lookups } = await openStore(context);
  const stored = withStore(dilatingInference(), settings);
  const [a, b, c] = [disc(90, { semantic: true }), disc(100), disc(130, { semantic: true })];
  for (const shapes of [
    [a, b, c],
    [b, a, c],
    [a, b],
  ]) {
    await stored.refine(await requestFor(shapes), OPTIONS);
    await settings.store.close();
  }
  assert.deepEqual(lookups, ['0/3', '3/0', '1/1']);
});

test('shapes made for different frames are stored together where they choose the frame', async (context) => {
  const { settings, lookups } = await openStore(context);
  const inference = dilatingInference();
  const stored = withStore(inference, settings);
  const upright = { madeFor: { width: 320, height: 240 } };
  const ask = async (shapes: readonly ShapeRequest[]): Promise<void> => {
    await stored.refine(await requestFor(shapes, { orientation: 'match' }), OPTIONS);
    await settings.store.close();
  };
  await ask([disc(100, upright), disc(120, upright)]);
  await ask([disc(100, upright)]);
  await ask([disc(100, upright), disc(120)]);
  await ask([disc(100, upright), disc(120)]);
  assert.deepEqual(lookups, ['0/2', '1/0', '0/2', '2/0']);
});

test('what was finished before a request was given up is not done again', async (context) => {
  const { settings, lookups } = await openStore(context);
  const inference = dilatingInference();
  const caller = new AbortController();
  let calls = 0;
  const slow: Inference = {
    ...inference,
    refine: (request, options) => {
      if ((calls += 1) === 2) caller.abort(new RefinerError('ABORTED'));
      options.signal?.throwIfAborted();
      return inference.refine(request, options);
    },
  };
  const request = await requestFor(discs(80));
  const given = withStore(slow, settings).refine(request, { ...OPTIONS, signal: caller.signal });
  await assert.rejects(given, { code: 'ABORTED' });
  await settings.store.close();
  const again = await withStore(slow, settings).refine(request, OPTIONS);
  assert.deepEqual(lookups, ['0/80', '32/48']);
  assert.equal(again.outcomes.length, 80);
});

test('the portions of a request share its deadline', async (context) => {
  const { settings } = await openStore(context);
  const inference = dilatingInference();
  const given: number[] = [];
  const slow: Inference = {
    ...inference,
    refine: async (request, options) => {
      given.push(options.deadlineMs);
      const endsAtMs = performance.now() + 30;
      while (performance.now() < endsAtMs) await new Promise(setImmediate);
      return inference.refine(request, options);
    },
  };
  await withStore(slow, settings).refine(await requestFor(discs(70)), { deadlineMs: 5000 });
  const [first = 0, second = 0, third = 0] = given;
  assert.ok(first <= 5000 && second <= first - 30 && third <= second - 30, given.join());
});

test('equal requests at once are all answered, and a damaged file counts as no file', async (context) => {
  const { settings, folder, lookups } = await openStore(context);
  const stored = withStore(dilatingInference(), settings);
  const request = await requestFor(discs(5));
  const answers = await Promise.all([1, 2, 3].map(() => stored.refine(request, OPTIONS)));
  for (const answer of answers) assert.deepEqual(answer.outcomes, answers[0]?.outcomes);
  await settings.store.close();
  for (const name of await readdir(folder)) await writeFile(join(folder, name), Buffer.alloc(5000, 1));
  assert.deepEqual((await stored.refine(request, OPTIONS)).outcomes, answers[0]?.outcomes);
  assert.equal(lookups.at(-1), '0/5');
});

test('a request without shapes goes to the model, which gets to know the image', async (context) => {
  const { settings, lookups } = await openStore(context);
  const inference = dilatingInference();
  await withStore(inference, settings).refine(await requestFor([]), OPTIONS);
  assert.equal(inference.requests.length, 1);
  assert.deepEqual(lookups, []);
});

test('what somebody points at is asked of the model each time, with all shapes at once', async (context) => {
  const { settings, lookups } = await openStore(context);
  const inference = dilatingInference();
  const stored = withStore(inference, settings);
  const clicks = [{ x: 110, y: 110, positive: true }];
  const aim = { at: { kind: 'clicks', unit: 'pixel', clicks }, ranks: discs(40).map(() => 0) } as const;
  const request = await requestFor(discs(40), { aim });
  const answers = [await stored.refine(request, OPTIONS), await stored.refine(request, OPTIONS)];
  assert.deepEqual(answers[0], answers[1]);
  assert.deepEqual(inference.requests.map(({ shapes }) => shapes.length), [40, 40]); // prettier-ignore
  assert.deepEqual(lookups, []);
});
