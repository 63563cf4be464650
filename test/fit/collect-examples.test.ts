import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { pairFiles } from '../../src/cli/refine-files.js';
import { listLabelledSets } from '../../src/eval/dataset.js';
import { collectExamples, type CollectSettings } from '../../src/fit/collect-examples.js';
import type { FitImage } from '../../src/fit/fit-image.js';
import { imagesOfSets } from '../../src/fit/labelled-images.js';
import { imagesOfPairs } from '../../src/fit/paired-images.js';
import type { Model } from '../../src/onnx/model.js';
import { openModelByName } from '../../src/onnx/open-model-by-name.js';
import { optionsFor } from '../../src/onnx/options-for.js';
import type { IouExample } from '../../src/refiner/iou-example.js';
import { areaPx } from '../../src/refiner/mask.js';
import { temporaryFolder } from '../onnx/copied-pack.js';
import { discImage } from '../onnx/synthetic-image.js';
import { discMask, SIZE, writeDiscSet } from './disc-images.js';

const MAX_PIXELS = 1e6;
const ALL_LEARN = { heldOutShare: 0, seed: 0 };
const ALL_HELD_OUT = { heldOutShare: 1, seed: 0 };

let model: Model;
before(async () => (model = await openModelByName('lite', { threads: 1 })));
after(() => model.close());

function settings(changes: Partial<CollectSettings> = {}): CollectSettings {
  const options = optionsFor(model.pack.manifest.defaults);
  return { model, options, prompt: 'box', split: ALL_LEARN, masksPerImage: 20, ...changes };
}

async function discs(folder: string, count: number): Promise<readonly FitImage[]> {
  await writeDiscSet(folder, count);
  return imagesOfSets(await listLabelledSets(folder), MAX_PIXELS);
}

function requireWhole({ features, ious, trueIous }: IouExample): void {
  assert.deepEqual([features.length, ious.length, trueIous.length], [128, 4, 4]);
  assert.ok([...features, ...ious].every(Number.isFinite));
  assert.ok(trueIous.every((value) => value >= 0 && value <= 1));
}

test('images of a set: objects are those of the label map, rough where there is a coarse mask', async (t) => {
  const images = await discs(await temporaryFolder(t), 2);
  assert.deepEqual(
    images.map(({ name }) => name),
    ['discs/disc-0', 'discs/disc-1'],
  );
  const [coarse, plain] = await Promise.all(images.map((image) => image.load()));
  assert.ok(coarse && plain);
  assert.equal(coarse.objects.length, 1);
  assert.equal(plain.objects.length, 2);
  const [disc, corner] = plain.objects;
  assert.deepEqual(disc?.truth, coarse.objects[0]?.truth);
  assert.notDeepEqual(coarse.objects[0]?.rough, disc?.truth);
  assert.equal(corner?.rough, corner?.truth);
  assert.equal(corner && areaPx(corner.truth), 80);
  assert.equal(plain.ignore && areaPx(plain.ignore), SIZE.width);
});

test('every mask of every image gives one example for each prompt that is learned from', async (t) => {
  const images = await discs(await temporaryFolder(t), 3);
  const progress: string[] = [];
  const onImage = (done: number, total: number): number => progress.push(`${done}/${total}`);
  const boxes = await collectExamples(images, settings(), { onImage });
  assert.deepEqual(progress, ['1/3', '2/3', '3/3']);
  assert.deepEqual(
    boxes.training.map(({ image }) => image),
    ['discs/disc-0', 'discs/disc-1', 'discs/disc-1', 'discs/disc-2', 'discs/disc-2'],
  );
  assert.deepEqual([boxes.heldOut, boxes.skipped, boxes.selectable], [[], [], [1, 2, 3]]);
  boxes.training.forEach(requireWhole);

  const points = await collectExamples(images, settings({ prompt: 'point' }));
  const both = await collectExamples(images, settings({ prompt: 'both' }));
  assert.deepEqual(
    both.training,
    boxes.training.flatMap((example, i) => [example, points.training[i]]),
  );
  assert.notDeepEqual(points.training[1]?.features, boxes.training[1]?.features);
});

test('held-out images are prompted as masks are refined, and give nothing to learn from', async (t) => {
  const images = await discs(await temporaryFolder(t), 2);
  const judged = await collectExamples(images, settings({ split: ALL_HELD_OUT }));
  assert.equal(judged.training.length, 0);
  assert.equal(judged.heldOut.length, 3);
  judged.heldOut.forEach(requireWhole);
  const box = await collectExamples(images, settings());
  assert.notDeepEqual(judged.heldOut[1]?.features, box.training[1]?.features);
  const other = await collectExamples(images, settings({ split: ALL_HELD_OUT, prompt: 'point' }));
  assert.deepEqual(other.heldOut, judged.heldOut);
});

test('of an image with many masks the largest are taken, and none too small to be refined', async (t) => {
  const images = await discs(await temporaryFolder(t), 2);
  const all = await collectExamples(images, settings());
  const one = await collectExamples(images, settings({ masksPerImage: 1 }));
  assert.deepEqual(one.training, all.training.slice(0, 2));
  const options = optionsFor(model.pack.manifest.defaults);
  const large = { ...options, accept: { ...options.accept, minAreaPx: 81 } };
  assert.deepEqual((await collectExamples(images, settings({ options: large }))).training, one.training);
});

test('image files with mask files give what the same masks give as label maps', async (t) => {
  const folder = await temporaryFolder(t);
  const [photographs, masks] = [join(folder, 'images'), join(folder, 'masks')];
  await Promise.all([mkdir(photographs), mkdir(masks)]);
  await writeFile(join(photographs, 'disc-1.png'), await discImage(1, SIZE.width, SIZE.height));
  await writeFile(join(masks, 'disc-1.png'), await discMask());
  await writeFile(join(masks, 'disc-1.moved.png'), await discMask(5));
  const pairs = await pairFiles(photographs, masks, '');
  const images = imagesOfPairs(pairs, MAX_PIXELS);
  assert.deepEqual(
    images.map(({ name }) => name),
    ['disc-1.png'],
  );
  const { training } = await collectExamples(images, settings());
  assert.equal(training.length, 2);
  const set = await collectExamples(await discs(join(folder, 'set'), 2), settings({ masksPerImage: 1 }));
  assert.deepEqual(training.at(-1)?.features.length, set.training[1]?.features.length);
  assert.ok(
    training.some(({ features }) => features.every((value, i) => value === set.training[1]?.features[i])),
  );
});

test('images that cannot be read are left out and named', async (t) => {
  const folder = await temporaryFolder(t);
  const images = await discs(folder, 3);
  await writeFile(join(folder, 'disc-1.jpg'), 'no image');
  await writeFile(join(folder, 'disc-2.jpg'), await discImage(2, 50, 50));
  const { training, skipped } = await collectExamples(images, settings());
  assert.equal(training.length, 1);
  assert.deepEqual(
    skipped.map(({ image }) => image),
    ['discs/disc-1', 'discs/disc-2'],
  );
  assert.match(skipped[1]?.reason ?? '', /50 × 50/);
});

test('collecting stops when it is aborted', async (t) => {
  const images = await discs(await temporaryFolder(t), 3);
  const abort = new AbortController();
  const done: number[] = [];
  const onImage = (count: number): void => {
    done.push(count);
    abort.abort(new Error('enough'));
  };
  await assert.rejects(collectExamples(images, settings(), { signal: abort.signal, onImage }), /enough/);
  assert.deepEqual(done, [1]);
});
