import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { currentVersion, loadAdapter, storeAdapter } from '../../../src/fit/adapter-store.js';
import { RefinerError } from '../../../src/errors.js';
import { learningPrompts } from '../../../src/fit/prompt-kind.js';
import { isHeldOut, SPLIT_DEFAULTS } from '../../../src/refiner/image-split.js';
import { PRESETS } from '../../../src/refiner/presets.js';
import { syntheticRecord } from '../../fit/synthetic-record.js';
import { failing, imagesOf, listedSource, openFit, rectangle } from './open-fit.js';
import { teachingInference } from './teaching-inference.js';

const LIST = { source: 'list' };

test('what proves better is kept under the project and is in use, with its figures in the report', async (context) => {
  const { run, settings, progress, saved } = await openFit(context);
  const report = await run(LIST);
  assert.ok(report.status === 'accepted');
  assert.equal(report.version, 1);
  assert.ok(report.figures.after.top1Accuracy > report.figures.before.top1Accuracy + 0.1);
  assert.equal(report.data.training + report.data.heldOut, 160);
  assert.deepEqual([report.data.images, report.data.corrected, report.corrected], [80, 0, null]);
  const stored = await loadAdapter(settings.adaptersDir, 'bees');
  assert.equal(stored.version, 1);
  assert.deepEqual(stored.record.figures, report.figures);
  assert.equal(stored.record.model.fingerprint, settings.models.default.fingerprint);
  assert.equal(saved.size, 80);
  assert.deepEqual(
    progress.slice(0, 80).map(({ done, total }) => [done, total]),
    Array.from({ length: 80 }, (_, i) => [i + 1, 80]),
  );
  assert.match(progress.at(-1)?.message ?? '', /^learning: step \d+ of \d+, loss \d/);
});

test('images that are judged by are asked with all prompts, the others with those that are learned from', async (context) => {
  const inference = teachingInference();
  const { run } = await openFit(context, inference, { imagesAtOnce: 1 });
  await run({ ...LIST, prompt: 'box' });
  const { prompts } = PRESETS.official;
  for (const [index, request] of inference.requests.entries()) {
    const judged = isHeldOut(`image-${index}.jpg`, SPLIT_DEFAULTS);
    assert.deepEqual(request.settings.prompts, judged ? [prompts] : learningPrompts('box', prompts));
    assert.equal(request.lane, 'batch');
  }
});

test('a project in which the model is right already is refused, and nothing changes', async (context) => {
  const { run, settings } = await openFit(context, teachingInference(3));
  const report = await run(LIST);
  assert.ok(report.status === 'refused');
  assert.deepEqual([report.stage, report.reason], ['judge', 'not-better']);
  assert.ok(report.figures);
  assert.equal(await currentVersion(settings.adaptersDir, 'bees'), null);
});

test('the same masks again keep the version, so that predictions stay valid', async (context) => {
  const { run, settings, saved } = await openFit(context);
  const first = await run(LIST);
  saved.clear();
  const second = await run(LIST);
  assert.ok(first.status === 'accepted' && second.status === 'accepted');
  assert.deepEqual([first.version, second.version], [1, 1]);
  assert.deepEqual(second.figures, first.figures);
  assert.equal(await currentVersion(settings.adaptersDir, 'bees'), 1);
});

test('what is not better than the adapter in use does not replace it', async (context) => {
  const few = imagesOf(80);
  const { run, settings } = await openFit(context, teachingInference(), { sources: [listedSource(few)] });
  const report = await run(LIST);
  assert.ok(report.status === 'accepted');
  const { record } = await loadAdapter(settings.adaptersDir, 'bees');
  // The same choices by other numbers.
  const loraB = record.adapter.loraB.map((value) => 2 * value);
  await storeAdapter(settings.adaptersDir, 'bees', { ...record, adapter: { ...record.adapter, loraB } });
  const again = await run(LIST);
  assert.ok(again.status === 'refused');
  assert.deepEqual([again.stage, again.reason], ['in-use', 'not-better-than-in-use']);
  assert.equal(await currentVersion(settings.adaptersDir, 'bees'), 2);
});

test('an adapter of another model or a damaged one in use does not stand in the way of a new one', async (context) => {
  const { run, settings } = await openFit(context);
  const { adaptersDir } = settings;
  await storeAdapter(
    adaptersDir,
    'bees',
    syntheticRecord(1, { model: { version: 'x', fingerprint: '1'.repeat(64) } }),
  );
  const report = await run(LIST);
  assert.ok(report.status === 'accepted');
  assert.equal(report.version, 2);
  const path = join(adaptersDir, 'bees', '2.json');
  const bytes = await readFile(path);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await writeFile(path, bytes);
  const after = await run(LIST);
  assert.ok(after.status === 'accepted');
  assert.equal(after.version, 3);
});

test('no masks, one mask and masks that are all empty are refusals with their reason', async (context) => {
  const none = await openFit(context, teachingInference(), { sources: [listedSource([])] });
  const nothing = await none.run(LIST);
  assert.ok(nothing.status === 'refused');
  assert.deepEqual([nothing.stage, nothing.reason, nothing.figures], ['fit', 'too-few-examples', null]);
  const one = await openFit(context, teachingInference(), { sources: [listedSource(imagesOf(1, 1))] });
  const single = await one.run(LIST);
  assert.equal(single.status === 'refused' && single.reason, 'too-few-examples');
  const leftOut = { status: 'left-out', reason: 'empty' } as const;
  const emptied = teachingInference(1, {
    examples: ({ objects }) =>
      Promise.resolve({
        image: { width: 8, height: 8 },
        orientation: 'exif',
        embeddingCached: false,
        times: { queueMs: 0, imageDecodeMs: 0, encodeMs: 0, promptMs: 0, decodeMs: 0, outputMs: 0 },
        selectable: [1, 2, 3],
        objects: objects.map(() => leftOut),
      }),
  });
  const empty = await (await openFit(context, emptied)).run(LIST);
  assert.ok(empty.status === 'refused');
  assert.deepEqual([empty.reason, empty.data.leftOut], ['too-few-examples', { empty: 160 }]);
});

test('an image that is gone is left out, counted and named, and the others are learned from', async (context) => {
  const images = imagesOf(80).map((image, i) => (i === 5 ? failing(image, 'IMAGE_NOT_FOUND') : image));
  const { run } = await openFit(context, teachingInference(), { sources: [listedSource(images)] });
  const report = await run(LIST);
  assert.ok(report.status === 'accepted');
  assert.equal(report.data.skipped.count, 1);
  assert.equal(report.data.skipped.first[0]?.image, 'image-5.jpg');
  assert.equal(report.data.training + report.data.heldOut, 158);
});

test('trouble of the server itself ends the job, so that it is tried again', async (context) => {
  const images = imagesOf(80).map((image, i) => (i === 5 ? failing(image, 'QUEUE_FULL') : image));
  const { run } = await openFit(context, teachingInference(), { sources: [listedSource(images)] });
  await assert.rejects(run(LIST), (error) => error instanceof RefinerError && error.code === 'QUEUE_FULL');
});

test('a fit that was interrupted goes on behind the last image, with the same adapter in the end', async (context) => {
  const whole = await openFit(context);
  await whole.run(LIST);
  const abort = new AbortController();
  const inference = teachingInference();
  const stopping = {
    ...inference,
    examples: (...wanted: Parameters<typeof inference.examples>) => {
      if (inference.requests.length === 30) abort.abort(new Error('stopped'));
      return inference.examples(...wanted);
    },
  };
  const parted = await openFit(context, stopping);
  await assert.rejects(parted.run(LIST, { signal: abort.signal }), /stopped/);
  const kept = parted.saved.size;
  assert.ok(kept >= 28 && kept <= 31, String(kept));
  // What was saved comes back from the disk as JSON.
  for (const [key, piece] of parted.saved)
    parted.saved.set(key, JSON.parse(JSON.stringify(piece)) as typeof piece);
  const before = inference.requests.length;
  await parted.run(LIST);
  assert.equal(inference.requests.length - before, 80 - kept);
  const [a, b] = await Promise.all(
    [whole, parted].map(({ settings }) => loadAdapter(settings.adaptersDir, 'bees')),
  );
  assert.deepEqual(a?.record, b?.record);
});

test('what was saved is asked again when the questions are others', async (context) => {
  const inference = teachingInference();
  const { run } = await openFit(context, inference);
  await run(LIST);
  await run({ ...LIST, prompt: 'box' });
  const learned = imagesOf(80).filter(({ name }) => !isHeldOut(name, SPLIT_DEFAULTS)).length;
  assert.equal(inference.requests.length, 80 + learned);
});

test('corrected masks are prompted with the rough ones and reported apart, unless that is switched off', async (context) => {
  const images = imagesOf(80).map((image) => ({
    ...image,
    load: async (signal: AbortSignal) => {
      const loaded = await image.load(signal);
      const objects = loaded.objects.map((object, i) =>
        i === 0 ? { ...object, rough: rectangle(5), corrected: true } : object,
      );
      return { ...loaded, objects };
    },
  }));
  const inference = teachingInference();
  const { run } = await openFit(context, inference, { sources: [listedSource(images)] });
  const report = await run(LIST);
  assert.ok(report.status === 'accepted');
  assert.equal(report.data.corrected, 80);
  const heldOut = images.filter(({ name }) => isHeldOut(name, SPLIT_DEFAULTS)).length;
  assert.equal(report.corrected?.examples, heldOut);
  assert.ok(report.corrected.after.meanIou > report.corrected.before.meanIou);
  assert.deepEqual(inference.requests[0]?.objects[0]?.rough, rectangle(5));

  const without = teachingInference();
  const plain = await openFit(context, without, { sources: [listedSource(images)] });
  const other = await plain.run({ ...LIST, corrections: false });
  assert.ok(other.status === 'accepted');
  assert.deepEqual([other.data.corrected, other.corrected], [0, null]);
  assert.equal(without.requests[0]?.objects[0]?.rough, null);
});

test('of a project with more images than asked for the first are taken', async (context) => {
  const inference = teachingInference();
  const { run, progress } = await openFit(context, inference);
  const report = await run({ ...LIST, maxImages: 60 });
  assert.ok(report.status !== 'not-due');
  assert.deepEqual([inference.requests.length, report.data.images], [60, 60]);
  assert.equal(progress[0]?.total, 60);
});

test('an automatic fit does nothing until there are enough new masks', async (context) => {
  const inference = teachingInference();
  const { run } = await openFit(context, inference);
  const first = await run({ ...LIST, automatic: true });
  assert.equal(first.status, 'accepted');
  const asked = inference.requests.length;
  const second = await run({ ...LIST, automatic: true });
  assert.deepEqual(second, { status: 'not-due', masks: 160, newMasks: 0, neededNewMasks: 50 });
  assert.equal(inference.requests.length, asked);
  const byHand = await run(LIST);
  assert.equal(byHand.status, 'accepted');
});

test('inputs of unknown sources, models and project names are refused before the job is taken', async (context) => {
  const { run } = await openFit(context);
  const code = (wanted: string) => (error: unknown) => error instanceof RefinerError && error.code === wanted;
  await assert.rejects(run({ source: 'elsewhere' }), code('BODY_INVALID'));
  await assert.rejects(run({ source: 'list', more: 1 }), code('BODY_INVALID'));
  await assert.rejects(run(null), code('BODY_INVALID'));
  await assert.rejects(run({ ...LIST, model: 'none' }), code('PACK_UNKNOWN'));
  await assert.rejects(run(LIST, { project: '../x' }), code('ADAPTER_PROJECT'));
});
