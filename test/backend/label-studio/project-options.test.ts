import assert from 'node:assert/strict';
import test from 'node:test';
import { hintedChoice } from '../../../src/backend/label-studio/config-hints.js';
import { parseLabelConfig } from '../../../src/backend/label-studio/label-config.js';
import { settingsOfMask } from '../../../src/backend/label-studio/mask-settings.js';
import { logOptionProblems } from '../../../src/backend/label-studio/option-problems.js';
import { policyOf, serverPolicy } from '../../../src/backend/label-studio/refine-policy.js';
import { configuredOptions } from '../../../src/backend/configured-options.js';
import { loadConfig } from '../../../src/config.js';
import { keepingInference } from '../inline-inference.js';
import { servedModel } from '../serving-only.js';

const DEFAULTS = serverPolicy(loadConfig({}));

const CONFIG = `<View>
  <BrushLabels name="brush" toName="image" refine_rounds="2" refine_preset="paper">
    <Label value="Ball"/>
    <Label value="The Sky" alias="Sky" refine_semantic="true" refine_rounds="7"/>
    <Label value="Road" refine_min_agreement="0.7" refine_rounds="9"/>
  </BrushLabels>
  <Brush name="bare" toName="image"/>
  <Labels name="names" toName="image" refine_polygon_max_vertices="40"><Label value="Sky" refine_output="polygon"/></Labels>
  <Image name="image" value="$image"/>
</View>`;

test('everything that a project may choose is read from the JSON of its connection', () => {
  const refine = {
    ...{
      sources: ['annotations'],
      box_output: 'keep-type',
      skip_labels: ['Panel'],
      semantic_labels: ['Sky'],
    },
    ...{ model: 'second', preset: 'paper', rounds: 3, min_agreement: 0.4, min_predicted_iou: '0.6' },
    ...{ semantic: false, output: 'polygon', polygon_min_iou: 0.9, polygon_max_vertices: 80 },
  };
  assert.deepEqual(policyOf({ refine, other: 1 }, DEFAULTS), {
    problems: [],
    policy: {
      ...{ sources: ['annotations'], boxOutput: 'keep-type', skipLabels: ['Panel'], semanticLabels: ['Sky'] },
      model: 'second',
      masks: {
        ...{ preset: 'paper', rounds: 3, minAgreement: 0.4, minPredictedIou: 0.6, semantic: false },
        ...{ output: 'polygon', polygonMinIou: 0.9, polygonMaxVertices: 80 },
      },
    },
  });
});

test('an option that cannot be used is told with what was expected, and costs no other', () => {
  const refine = {
    ...{ rounds: 50, preset: 'best', min_agreement: [0.5], semantic: 'perhaps', output: 'ellipse' },
    ...{
      sources: ['annotations', 'drafts'],
      skip_labels: 'Sky',
      polygon_max_vertices: 3,
      round: 2,
      model: '',
    },
    ...{ min_predicted_iou: 0.5, polygon_min_iou: null },
  };
  const { policy, problems } = policyOf({ refine }, DEFAULTS);
  assert.deepEqual(policy, { ...DEFAULTS, masks: { ...DEFAULTS.masks, minPredictedIou: 0.5 } });
  assert.deepEqual(problems.slice(0, 8), [
    'refine.rounds: expected integer 1 to 20, received 50',
    'refine.preset: expected official, paper, received "best"',
    'refine.min_agreement: expected number 0 to 1, received an array of 1',
    'refine.semantic: expected true, false, received "perhaps"',
    'refine.output: expected auto, brush, bitmask, polygon, received "ellipse"',
    'refine.sources: expected a list of predictions, annotations, received an array of 2',
    'refine.skip_labels: expected a list of texts, received "Sky"',
    'refine.polygon_max_vertices: expected integer 4 to 100000, received 3',
  ]);
  assert.match(
    problems[8] ?? '',
    /^refine\.round: expected one of sources, .*rounds.*, received another name$/,
  );
  assert.equal(problems[9], 'refine.model: expected name of a served model, received ""');
  assert.equal(problems.length, 10);
});

test('extra parameters of another form leave the server’s policy and say so, none say nothing', () => {
  const problemsOf = (params: unknown): readonly string[] => {
    const { policy, problems } = policyOf(params, DEFAULTS);
    assert.deepEqual(policy, DEFAULTS);
    return problems;
  };
  assert.deepEqual(problemsOf('{"refine": '), [
    'extra params: expected an object, received "{\\"refine\\": "',
  ]);
  assert.deepEqual(problemsOf({ refine: ['paper'] }), ['refine: expected an object, received an array of 1']);
  for (const params of [null, undefined, {}, { refine: {} }, { refine: null }, { model: 'x' }]) {
    assert.deepEqual(problemsOf(params), []);
  }
});

test('hints are read from controls and labels, whose names are as results hold them', () => {
  const { hints, problems } = parseLabelConfig(CONFIG);
  assert.deepEqual(problems, []);
  const choiceFor = (fromName: string, ...labels: readonly string[]): object =>
    hintedChoice({ fromName, labels }, hints);
  assert.deepEqual(choiceFor('brush', 'Ball'), { rounds: 2, preset: 'paper' });
  assert.deepEqual(choiceFor('brush', 'Road'), { rounds: 9, preset: 'paper', minAgreement: 0.7 });
  assert.deepEqual(choiceFor('bare', 'Sky'), { polygonMaxVertices: 40, output: 'polygon' });
  assert.deepEqual(choiceFor('bare', 'Ball'), {});
  assert.deepEqual(choiceFor('nowhere'), {});
});

test('of several labels the first counts, and a label’s own control before a Labels control', () => {
  const { hints } = parseLabelConfig(CONFIG);
  const both = hintedChoice({ fromName: 'brush', labels: ['Sky', 'Road'] }, hints);
  assert.deepEqual(both, {
    ...{ preset: 'paper', minAgreement: 0.7, rounds: 7, semantic: true },
    ...{ polygonMaxVertices: 40, output: 'polygon' },
  });
});

test('a hint that cannot be used is told with its tag, and costs no other', () => {
  const { hints, problems } = parseLabelConfig(`<View>
    <BrushLabels name="brush" toName="image" refine_rounds="many" refine_min_agreement="">
      <Label value="Sky" refine_colour="red" refine_semantic="yes"/>
    </BrushLabels>
    <KeyPoint name="point" toName="image" refine_rounds="2"/>
    <Image name="image" value="$image" refine_preset="paper"/>
  </View>`);
  assert.deepEqual(
    hints.map(({ label, choice }) => [label, choice]),
    [['Sky', { semantic: true }]],
  );
  assert.deepEqual(problems.slice(0, 2), [
    'refine_rounds of BrushLabels "brush": expected integer 1 to 20, received "many"',
    'refine_min_agreement of BrushLabels "brush": expected number 0 to 1, received ""',
  ]);
  assert.match(problems[2] ?? '', /^refine_colour of Label "Sky": expected one of preset, /);
  assert.deepEqual(problems.slice(3), [
    'refine_rounds of KeyPoint "point": expected a control that draws masks, Labels or Label, received KeyPoint',
    'refine_preset of Image "image": expected a control that draws masks, Labels or Label, received Image',
  ]);
});

test('a label comes before its control, that before the project, that before the server and the model', () => {
  const model = servedModel('lite', keepingInference());
  const config = loadConfig({ SAMREFINER_ROUNDS: '11', SAMREFINER_MIN_AGREEMENT: '0.2' });
  const { policy } = policyOf(
    { refine: { rounds: 5, min_predicted_iou: 0.3, semantic_labels: ['Ball'] } },
    serverPolicy(config),
  );
  const project = {
    policy,
    optionsFor: (choice: Parameters<typeof configuredOptions>[2]) => configuredOptions(config, model, choice),
  };
  const { hints } = parseLabelConfig(CONFIG);
  const settingsFor = (fromName: string, ...labels: readonly string[]): ReturnType<typeof settingsOfMask> =>
    settingsOfMask({ fromName, labels }, hints, project);
  const road = settingsFor('brush', 'Road');
  assert.equal(road.options?.rounds, 9);
  assert.equal(road.options.prompts.falloff, 'centre', 'the preset of the control');
  assert.deepEqual(road.options.accept, {
    minAreaPx: 4,
    minWidthCells: 0,
    minAgreement: 0.7,
    minPredictedIou: 0.3,
    minStability: 0,
    dropStrayParts: false,
  });
  const ball = settingsFor('brush', 'Ball');
  assert.deepEqual([ball.options?.rounds, ball.options?.accept.minAgreement, ball.semantic], [2, 0.2, true]);
  const bare = settingsFor('bare', 'Panel');
  assert.deepEqual([bare.options, bare.semantic, bare.rounds], [null, false, 5]);
  assert.equal(project.optionsFor(policy.masks).rounds, 5);
  assert.equal(project.optionsFor({}).rounds, 11);
});

test('problems are warned of once, and again when they are others', () => {
  const lines: string[] = [];
  const tell = logOptionProblems({
    warn: (facts, message) => void lines.push(JSON.stringify(facts) + message),
  });
  for (const problems of [['a'], ['a'], ['a', 'b'], [], [], ['a']]) tell('7', problems);
  tell('8', ['a']);
  assert.deepEqual(lines, [
    ...[
      '{"project":"7"}option ignored: a',
      '{"project":"7"}option ignored: a',
      '{"project":"7"}option ignored: b',
    ],
    ...['{"project":"7"}option ignored: a', '{"project":"8"}option ignored: a'],
  ]);
});
