import assert from 'node:assert/strict';
import test from 'node:test';
import type { ProjectSettings } from '../../../src/backend/label-studio/project-settings.js';
import { inMemoryProjectSettings } from '../../../src/backend/label-studio/project-settings.js';
import { servingOnly } from '../serving-only.js';
import * as batch from './batch-fixtures.js';
import { dilatingInference } from './dilating-inference.js';
import { drawing } from './interactive-fixtures.js';

async function projectWith(refine: object): Promise<ProjectSettings> {
  const projects = inMemoryProjectSettings();
  await projects.set('7', { hostname: null, accessToken: null, extraParams: { refine } });
  return projects;
}

/** The fixture's configuration with attributes added to its first Label of that name, or to the control. */
function hinted(config: string, place: string, attributes: string): string {
  assert.ok(config.includes(place));
  return config.replace(place, `${place} ${attributes}`);
}

test('a project’s preset, rounds and thresholds go to the model with every mask', async () => {
  const fixture = batch.requestFixture('predict-batch-annotations');
  const inference = dilatingInference();
  const projects = await projectWith({
    ...{
      preset: 'paper',
      rounds: 2,
      min_width_cells: 5,
      min_agreement: 0.3,
      min_predicted_iou: 0.4,
      min_stability: 0.2,
    },
    ...{ polygon_max_vertices: 12, polygon_min_iou: 0.5, semantic_labels: ['Panel'] },
  });
  const dependencies = batch.dependenciesFor(fixture, { models: servingOnly(inference), projects });
  await batch.predictOne(fixture.body, dependencies);
  const [asked] = inference.requests;
  assert.ok(asked);
  const { rounds, accept, prompts } = asked.options;
  assert.deepEqual(
    [rounds, accept.minWidthCells, accept.minAgreement, accept.minPredictedIou, accept.minStability],
    [2, 5, 0.3, 0.4, 0.2],
  );
  assert.equal(prompts.falloff, 'centre');
  const polygon = asked.shapes.find(({ output }) => output.kind === 'polygon');
  assert.deepEqual(polygon?.output, { kind: 'polygon', minIou: 0.5, maxVertices: 12 });
  assert.deepEqual([...new Set(asked.shapes.map(({ semantic }) => semantic))].sort(), [false, true]);
  assert.deepEqual(
    dependencies.lines.filter(({ message }) => message.startsWith('option')),
    [],
  );
});

test('a label’s hints reach its masks alone, in a request with all others', async () => {
  const fixture = batch.requestFixture('predict-batch-annotations');
  const inference = dilatingInference();
  const dependencies = batch.dependenciesFor(fixture, { models: servingOnly(inference) });
  const plain = await batch.predictOne(fixture.body, dependencies);
  const label_config = hinted(
    fixture.body.label_config,
    '<BrushLabels name="brush" toName="image"><Label value="Ball"',
    'refine_rounds="9" refine_semantic="true"',
  );
  const { model_version } = await batch.predictOne({ ...fixture.body, label_config }, dependencies);
  assert.notEqual(model_version, plain.model_version);
  const shapes = inference.requests.at(-1)?.shapes ?? [];
  const own = shapes.filter(({ options }) => options !== undefined);
  assert.equal(own.length, 1);
  assert.deepEqual([own[0]?.options?.rounds, own[0]?.semantic], [9, true]);
  assert.deepEqual(Object.keys(own[0]?.options ?? {}).sort(), ['accept', 'prompts', 'rounds', 'zoom']);
});

test('a project that wants polygons gets brush masks as polygons, under new ids, with their label', async () => {
  const fixture = batch.requestFixture('predict-batch-annotations');
  const projects = await projectWith({ output: 'polygon' });
  const { result } = await batch.predictOne(fixture.body, batch.dependenciesFor(fixture, { projects }));
  const [rough] = fixture.body.tasks[0]?.annotations[0]?.result ?? [];
  const [item] = result;
  assert.equal(rough?.type, 'brushlabels');
  assert.deepEqual([item?.type, item?.['from_name']], ['polygonlabels', 'poly']);
  assert.deepEqual(item?.value['polygonlabels'], rough.value['brushlabels']);
  assert.deepEqual(Object.keys(item?.value ?? {}).sort(), ['closed', 'points', 'polygonlabels']);
  assert.notEqual(item?.id, rough.id);
});

test('while drawing, the hints of the region that is meant hold', async () => {
  const drawn = drawing('interactive-keypoint-unlabelled');
  const { body } = drawn.fixture;
  body.label_config = hinted(body.label_config, '<BrushLabels', 'refine_rounds="4"');
  const answer = await drawn.ask();
  assert.match(answer.model_version ?? '', /-settings-/);
  assert.equal(drawn.requests[0]?.shapes[0]?.options?.rounds, 4);
});

test('while drawing, a new region is of the type that the project or its label wishes for', async () => {
  const typeOf = async (refine: object, attributes = ''): Promise<string> => {
    const drawn = drawing('interactive-keypoints-pos-neg', { projects: await projectWith(refine) });
    const { body } = drawn.fixture;
    const place = '<BrushLabels name="brush" toName="image"><Label value="Ball"';
    body.label_config = hinted(body.label_config, place, attributes);
    const [item] = await drawn.suggested();
    assert.deepEqual(item?.value[item.type], ['Ball']);
    return item.type;
  };
  assert.equal(await typeOf({}), 'brushlabels');
  assert.equal(await typeOf({ output: 'polygon' }), 'polygonlabels');
  assert.equal(await typeOf({}, 'refine_output="polygon"'), 'polygonlabels');
  assert.equal(await typeOf({ output: 'polygon' }, 'refine_output="brush"'), 'brushlabels');
});

test('options that cannot be used are logged once, and everything else is answered as ever', async () => {
  const fixture = batch.requestFixture('predict-batch-annotations');
  const projects = await projectWith({ rounds: 0, model: 'huge', output: 'polygon' });
  const dependencies = batch.dependenciesFor(fixture, { projects });
  const label_config = hinted(fixture.body.label_config, '<BrushLabels', 'refine_preset="mine"');
  const first = await batch.predictOne({ ...fixture.body, label_config }, dependencies);
  const again = await batch.predictOne({ ...fixture.body, label_config }, dependencies);
  assert.equal(first.result[0]?.type, 'polygonlabels');
  assert.deepEqual(again, first);
  assert.deepEqual(
    dependencies.lines.filter(({ message }) => message.startsWith('option')).map(({ message }) => message),
    [
      'option ignored: refine.rounds: expected integer 1 to 20, received 0',
      'option ignored: refine.model: expected a served model (only), received "huge"',
      'option ignored: refine_preset of BrushLabels "brush": expected official, paper, received "mine"',
    ],
  );
});
