import assert from 'node:assert/strict';
import test from 'node:test';
import { findRegions } from '../../../src/backend/label-studio/region.js';
import { serverPolicy } from '../../../src/backend/label-studio/refine-policy.js';
import { loadConfig } from '../../../src/config.js';
import { createShapeReader } from '../../../src/backend/label-studio/read-shape.js';
import { decodeBrushRle } from '../../../src/formats/label-studio-rle.js';
import { shapeToMask } from '../../../src/formats/shape-to-mask.js';
import { areaPx } from '../../../src/refiner/mask.js';
import { iou } from '../../../src/refiner/metrics.js';
import type { Mask, Size } from '../../../src/refiner/types.js';
import { dilate, dilatingInference, PREDICTED_IOU, STABILITY } from './dilating-inference.js';
import * as batch from './batch-fixtures.js';
import { servingOnly } from '../serving-only.js';

const readShape = createShapeReader();
const LANDSCAPE = { width: 160, height: 120 };
const KEEP_TYPE = { ...serverPolicy(loadConfig({})), boxOutput: 'keep-type' } as const;

async function maskOf(item: batch.Item, image: Size = LANDSCAPE): Promise<Mask> {
  const [region] = findRegions([item]);
  assert.ok(region);
  return shapeToMask(readShape(region).shape, image);
}

function brushMask(item: batch.Item, { width, height }: Size = LANDSCAPE): Mask {
  const rle = item.value['rle'];
  assert.ok(rle instanceof Uint8Array);
  return decodeBrushRle(rle, width, height);
}

function at<T>(list: readonly T[], place: number): T {
  const entry = list[place];
  assert.ok(entry !== undefined);
  return entry;
}

function sourceOf(task: batch.Task): readonly batch.Item[] {
  return task.predictions[0]?.result ?? task.annotations[0]?.result ?? [];
}

for (const name of [
  'predict-batch-rough-predictions',
  'predict-batch-annotations',
  'predict-batch-sources',
  'predict-older',
]) {
  test(`${name}: every task has its result, and every rough region of it comes back refined`, async () => {
    const fixture = batch.requestFixture(name);
    const dependencies = batch.dependenciesFor(fixture, { policy: KEEP_TYPE });
    const results = await batch.predict(fixture.body, dependencies);
    assert.equal(results.length, fixture.facts?.results_length ?? fixture.body.tasks.length);
    for (const [index, task] of fixture.body.tasks.entries()) {
      const facts =
        fixture.facts?.refinable?.[task.id] ??
        (name === 'predict-older' ? [{ id: 'Rough_Ball', type: 'brushlabels', label: 'Ball' }] : []);
      const refined = results[index]?.result ?? [];
      if (facts.length === 0) assert.equal(results[index], null, `task ${task.id}`);
      for (const fact of facts) {
        const item = batch.itemOf(refined, ({ id, type }) => id === fact.id && type === fact.type);
        assert.deepEqual(item.value[fact.type], [fact.label]);
        assert.equal(item['origin'], 'prediction');
        assert.equal(item['score'], PREDICTED_IOU * STABILITY);
        const rough = batch.itemOf(sourceOf(task), ({ id, type }) => id === fact.id && type === fact.type);
        assert.notDeepEqual(item.value, rough.value);
        if (fact.rotation !== undefined && fact.type === 'rectanglelabels')
          assert.equal(item.value['rotation'], fact.rotation);
      }
      assert.equal(refined.length, facts.length === 0 ? 0 : sourceOf(task).length);
    }
  });
}

test('the rough shapes that are sent to be refined are those of the request', async () => {
  for (const name of ['predict-batch-rough-predictions', 'predict-batch-annotations']) {
    const fixture = batch.requestFixture(name);
    for (const task of fixture.body.tasks) {
      const facts = fixture.facts?.refinable?.[task.id] ?? [];
      assert.deepEqual(
        findRegions(sourceOf(task)).map(({ id, shape, labels }) => ({
          id,
          type: shape['type'],
          label: labels[0],
        })),
        facts.map(({ id, type, label }) => ({ id, type, label })),
      );
      for (const fact of facts.filter((entry) => entry.bbox_px !== undefined)) {
        const rough = batch.itemOf(sourceOf(task), ({ id, type }) => id === fact.id && type === fact.type);
        const image = { width: Number(rough['original_width']), height: Number(rough['original_height']) };
        const mask = await maskOf(rough, image);
        const { x0, y0, x1, y1 } = mask.box;
        [x0, y0, x1, y1].forEach((edge, i) => {
          assert.ok(Math.abs(edge - (fact.bbox_px?.[i] ?? NaN)) <= 1, `${fact.id} edge ${i}: ${edge}`);
        });
        if (fact.area_px !== undefined) assert.equal(areaPx(mask), fact.area_px);
      }
    }
  }
});

test('a brush comes back as the refined mask at the full size of the displayed image', async () => {
  const fixture = batch.requestFixture('predict-batch-rough-predictions');
  const results = await batch.predict(fixture.body, batch.dependenciesFor(fixture));
  for (const [index, size] of [
    [0, LANDSCAPE],
    [3, { width: 120, height: 160 }],
  ] as const) {
    // prettier-ignore
    const rough = at(sourceOf(at(fixture.body.tasks, index)), 0);
    const refined = at(results[index]?.result ?? [], 0);
    assert.equal(iou(brushMask(refined, size), dilate(await maskOf(rough, size))), 1);
    assert.deepEqual({ ...refined, value: 0, score: 0, meta: 0 }, { ...rough, value: 0, score: 0, meta: 0 });
    assert.deepEqual({ ...refined.value, rle: 0 }, { ...rough.value, rle: 0 });
  }
});

test('a polygon comes back as a polygon under its id, close to the refined mask', async () => {
  const fixture = batch.requestFixture('predict-batch-rough-predictions');
  const [, second] = await batch.predict(fixture.body, batch.dependenciesFor(fixture));
  const rough = at(sourceOf(at(fixture.body.tasks, 1)), 0);
  const refined = batch.itemOf(second?.result ?? [], ({ id }) => id === 'Rough_Panel');
  assert.equal(refined.type, 'polygonlabels');
  assert.ok(iou(await maskOf(refined), dilate(await maskOf(rough))) > 0.94);
});

test('boxes and ellipses become masks with new ids, and everything that pointed to them follows', async () => {
  const fixture = batch.requestFixture('predict-batch-annotations');
  const source = sourceOf(at(fixture.body.tasks, 0)) as batch.Item[];
  source.push({
    type: 'relation',
    from_id: 'r-rect',
    to_id: 'r-oval',
    direction: 'bi',
  } as unknown as batch.Item);
  const { result } = await batch.predictOne(fixture.body, batch.dependenciesFor(fixture));
  assert.equal(result.length, source.length);
  const [box, oval] = [2, 3].map((place) => at(result, place));
  for (const [item, old] of [
    [box, 2],
    [oval, 3],
  ] as const) {
    // prettier-ignore
    assert.equal(item?.type, 'brushlabels');
    assert.equal(item['from_name'], 'brush');
    assert.match(item.id, /^[\w-]{16}$/);
    assert.deepEqual(Object.keys(item.value).sort(), ['brushlabels', 'format', 'rle']);
    assert.equal(iou(brushMask(item), dilate(await maskOf(at(source, old)))), 1);
  }
  assert.deepEqual(result.at(-1), { type: 'relation', from_id: box?.id, to_id: oval?.id, direction: 'bi' });
});

test('companions repeat the refined mask; relations, children and classifications are untouched', async () => {
  const fixture = batch.requestFixture('predict-batch-annotations');
  const source = sourceOf(at(fixture.body.tasks, 0));
  const { result } = await batch.predictOne(fixture.body, batch.dependenciesFor(fixture));
  const [brush, choice] = result;
  assert.deepEqual(choice?.value, { format: 'rle', rle: brush?.value['rle'], choices: ['bad'] });
  assert.equal(choice.id, 'r-brush');
  assert.equal(result[4]?.['parentID'], 'r-brush');
  assert.deepEqual(result.slice(5), source.slice(5));
});

test('with keep-type a turned box is tightened at its angle and an ellipse is fitted', async () => {
  const fixture = batch.requestFixture('predict-batch-annotations');
  const dependencies = batch.dependenciesFor(fixture, { policy: KEEP_TYPE });
  const { result } = await batch.predictOne(fixture.body, dependencies);
  const source = sourceOf(at(fixture.body.tasks, 0));
  for (const place of [2, 3]) {
    const [rough, refined] = [at(source, place), at(result, place)];
    assert.deepEqual(
      [refined.id, refined.type, refined['from_name']],
      [rough.id, rough.type, rough['from_name']],
    );
    const overlap = iou(await maskOf(refined), dilate(await maskOf(rough)));
    assert.ok(overlap > 0.85, `${rough.id}: ${overlap}`);
  }
  assert.equal(result[2]?.value['rotation'], 12.5);
});

test('the same request gives the same bytes', async () => {
  const fixture = batch.requestFixture('predict-batch-annotations');
  const answer = async (): Promise<string> =>
    JSON.stringify(await batch.predict(fixture.body, batch.dependenciesFor(fixture)));
  assert.equal(await answer(), await answer());
});

test('the score is null and nothing is changed when the project skips every region', async () => {
  const fixture = batch.requestFixture('predict-older');
  const dependencies = batch.dependenciesFor(fixture, { policy: { ...KEEP_TYPE, skipLabels: ['Ball'] } });
  const kept = await batch.predictOne(fixture.body, dependencies);
  assert.equal(kept.score, null);
  assert.deepEqual(kept.result, fixture.body.tasks[0]?.predictions[0]?.result);
});

test('a task is as doubtful as its worst region, and a kept region is doubtful', async () => {
  const fixture = batch.requestFixture('predict-batch-annotations');
  const dilating = dilatingInference();
  const figures = { agreementIou: 0.4, predictedIou: 0.8, stability: 1, rounds: 1 };
  const refine: typeof dilating.refine = async (request, options) => {
    const answer = await dilating.refine(request, options);
    const [, ...others] = answer.outcomes;
    return { ...answer, outcomes: [{ status: 'kept', reason: 'disagrees', figures }, ...others] };
  };
  const models = servingOnly({ ...dilating, refine });
  const { result, score } = await batch.predictOne(fixture.body, batch.dependenciesFor(fixture, { models }));
  const [rough] = sourceOf(at(fixture.body.tasks, 0));
  const kept = at(result, 0);
  const text = ['SAMRefiner: kept, the refined mask disagrees with it, agreement 0.40'];
  assert.equal(score, figures.agreementIou * figures.predictedIou);
  assert.deepEqual(kept, { ...rough, score, meta: { text } });
  assert.equal(result[2]?.['score'], PREDICTED_IOU * STABILITY);
  assert.match(
    JSON.stringify(result[2]['meta']),
    /SAMRefiner: refined, predicted IoU 0\.90, agreement 0\.\d\d/,
  );
});

test('our own earlier prediction is not refined again', async () => {
  const fixture = batch.requestFixture('predict-older');
  const [prediction] = fixture.body.tasks[0]?.predictions ?? [];
  assert.ok(prediction);
  prediction.model_version = 'samrefiner-dilate-0';
  assert.deepEqual(await batch.predict(fixture.body, batch.dependenciesFor(fixture)), [null]);
});

test('a project’s extra parameters choose what is refined', async () => {
  const fixture = batch.requestFixture('predict-batch-annotations');
  const dependencies = batch.dependenciesFor(fixture, { models: servingOnly(dilatingInference()) });
  const { projects } = dependencies as unknown as {
    projects: { set: (project: string, setting: object) => Promise<void> };
  };
  const refine = {
    sources: ['annotations'],
    box_output: 'keep-type',
    skip_labels: ['Panel'],
    semantic: true,
  };
  await projects.set('7', { hostname: null, accessToken: null, extraParams: { refine } });
  const { result } = await batch.predictOne(fixture.body, dependencies);
  const source = sourceOf(at(fixture.body.tasks, 0));
  assert.notDeepEqual(result[0], source[0]);
  assert.deepEqual(result[2], source[2]);
  assert.equal(result[3]?.type, 'ellipselabels');
});
