import assert from 'node:assert/strict';
import test from 'node:test';

import { learningPrompts } from '../../src/fit/prompt-kind.js';
import { openInlineInference } from '../../src/onnx/inline.js';
import type { ExampleObject, ExamplesRequest } from '../../src/onnx/inference.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { LITE_PACK, openPool } from './open-pool.js';
import { DISC, discImage, requestFor } from './synthetic-image.js';

const SOON = { deadlineMs: 60_000 };
const OBJECT: ExampleObject = { truth: DISC, rough: null, madeFor: null };

function asking(
  image: Uint8Array,
  objects: readonly ExampleObject[],
  changes: Partial<ExamplesRequest['settings']> = {},
): ExamplesRequest {
  const prompts = learningPrompts('both', PRESETS.paper.prompts);
  const settings = { prompts, minAreaPx: 1, masksPerImage: 20, zoom: false, ...changes };
  return { image, orientation: 'match', objects, settings, lane: 'batch' };
}

test('a worker answers an example for each prompt, the same as on the calling thread', async (context) => {
  const pool = await openPool(context);
  const inline = await openInlineInference({
    packDirectory: LITE_PACK,
    threads: 1,
    cacheBytes: 0,
    maxPixels: 1e6,
  });
  context.after(() => inline.close());
  const request = asking(await discImage(1), [OBJECT]);
  const answer = await pool.examples(request, SOON);
  assert.deepEqual([answer.image, answer.selectable], [{ width: 320, height: 240 }, [1, 2, 3]]);
  const [disc] = answer.objects;
  assert.ok(disc?.status === 'asked');
  assert.equal(disc.examples.length, 2);
  for (const { features, ious, trueIous } of disc.examples) {
    assert.deepEqual([features.length, ious.length, trueIous.length], [128, 4, 4]);
    assert.ok(trueIous.every((value) => value >= 0 && value <= 1));
  }
  assert.notDeepEqual(disc.examples[0]?.features, disc.examples[1]?.features);
  assert.deepEqual((await inline.examples(request, SOON)).objects, answer.objects);
});

test('an image that was refined before is not encoded again to learn from it', async (context) => {
  const pool = await openPool(context);
  const image = await discImage(1);
  await pool.refine(requestFor(image), SOON);
  assert.equal((await pool.examples(asking(image, [OBJECT]), SOON)).embeddingCached, true);
});

test('prompts are made of the rough mask and candidates compared with the true one', async (context) => {
  const pool = await openPool(context);
  const moved: ExampleObject = {
    ...OBJECT,
    rough: { kind: 'rectangle', unit: 'pixel', x: 5, y: 5, width: 60, height: 60, rotationDegrees: 0 },
  };
  const other: ExampleObject = { ...moved, truth: moved.rough ?? moved.truth };
  const { objects } = await pool.examples(asking(await discImage(1), [OBJECT, moved, other]), SOON);
  const [first, second, third] = objects.map((object) =>
    object.status === 'asked' ? object.examples[0] : undefined,
  );
  assert.ok(first && second && third);
  assert.notDeepEqual(first.features, second.features);
  assert.deepEqual([second.features, second.ious], [third.features, third.ious]);
  assert.notDeepEqual(second.trueIous, third.trueIous);
});

test('masks that cannot be drawn, empty, small or too many are left out with the reason, in order', async (context) => {
  const pool = await openPool(context);
  const rectangle = (width: number, height: number): ExampleObject => ({
    truth: { kind: 'rectangle', unit: 'pixel', x: 10, y: 10, width, height, rotationDegrees: 0 },
    rough: null,
    madeFor: null,
  });
  const objects: readonly ExampleObject[] = [
    { ...OBJECT, truth: { kind: 'brush-rle', rle: new Uint8Array([1, 2, 3]), width: 320, height: 240 } },
    rectangle(3, 3),
    rectangle(40, 40),
    { ...rectangle(50, 50), madeFor: { width: 50, height: 50 } },
    { ...rectangle(20, 20), rough: { kind: 'polygon', unit: 'pixel', rings: [] } },
    OBJECT,
  ];
  const request = asking(await discImage(1), objects, { minAreaPx: 10, masksPerImage: 1 });
  const answer = await pool.examples(request, SOON);
  assert.deepEqual(
    answer.objects.map((object) => (object.status === 'asked' ? 'asked' : object.reason)),
    ['RLE_INVALID', 'too-small', 'too-many', 'IMAGE_SIZE_MISMATCH', 'SHAPE_INVALID', 'asked'],
  );
  const none = await pool.examples(asking(await discImage(1), []), SOON);
  assert.deepEqual(none.objects, []);
});

test('a request for examples is cancelled like any other', async (context) => {
  const pool = await openPool(context);
  const abort = new AbortController();
  const many = Array.from({ length: 200 }, () => OBJECT);
  const request = asking(await discImage(1), many, { masksPerImage: 200 });
  const asked = pool.examples(request, { ...SOON, signal: abort.signal });
  abort.abort(new Error('enough'));
  await assert.rejects(asked, /enough/);
  assert.equal((await pool.refine(requestFor(await discImage(2)), SOON)).outcomes.length, 1);
});
