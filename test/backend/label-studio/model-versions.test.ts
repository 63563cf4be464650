import assert from 'node:assert/strict';
import test from 'node:test';
import { parseLabelConfig } from '../../../src/backend/label-studio/label-config.js';
import { configuredOptions } from '../../../src/backend/configured-options.js';
import {
  isOwnVersion,
  type ResultSettings,
  storedVersion,
  versionFor,
} from '../../../src/backend/label-studio/model-versions.js';
import { policyOf, serverPolicy } from '../../../src/backend/label-studio/refine-policy.js';
import { type Environment, loadConfig } from '../../../src/config.js';
import { keepingInference } from '../inline-inference.js';
import { servedModel } from '../serving-only.js';

const MODEL = servedModel('lite', keepingInference({ modelVersion: 'lite-1+0a1b2c3d' }));

/** As a server with this environment has them for a project with these extra parameters. */
function settingsOf(env: Environment, refine: object = {}, labelConfig = '<View/>'): ResultSettings {
  const config = loadConfig(env);
  const { policy } = policyOf({ refine }, serverPolicy(config));
  const { hints } = parseLabelConfig(labelConfig);
  return { options: configuredOptions(config, MODEL, policy.masks), policy, hints };
}

test('a server that nobody has set up stores results under the version of its model', () => {
  assert.equal(versionFor(MODEL, settingsOf({})), 'samrefiner-lite-1+0a1b2c3d');
  const same = {
    SAMREFINER_DECODER_BATCH: '2',
    SAMREFINER_ROUNDS: '1',
    SAMREFINER_SOURCE: 'auto',
    PORT: '1',
  };
  assert.equal(versionFor(MODEL, settingsOf(same)), 'samrefiner-lite-1+0a1b2c3d');
  assert.equal(
    storedVersion(servedModel('x', keepingInference({ modelVersion: 'samrefiner-b' }))),
    'samrefiner-b',
  );
});

test('every setting that changes results changes the version, which stays recognisable as ours', () => {
  const versions = [
    ...[{ SAMREFINER_PRESET: 'paper' }, { SAMREFINER_ROUNDS: '3' }, { SAMREFINER_MIN_AGREEMENT: '0.6' }],
    ...[{ SAMREFINER_MIN_PREDICTED_IOU: '0.6' }, { SAMREFINER_POLYGON_MIN_IOU: '0.9' }],
    ...[
      { SAMREFINER_ZOOM: 'on' },
      { SAMREFINER_POLYGON_MAX_VERTICES: '50' },
      { SAMREFINER_SOURCE: 'annotations' },
      {},
    ],
  ].map((env) => versionFor(MODEL, settingsOf(env)));
  const projects = [
    ...[
      { box_output: 'keep-type' },
      { skip_labels: ['Sky'] },
      { semantic_labels: ['Sky'] },
      { semantic: true },
    ],
    ...[{ rounds: 4 }, { min_agreement: 0.7 }, { min_predicted_iou: 0.7 }, { output: 'polygon' }],
    ...[{ polygon_min_iou: 0.8 }, { polygon_max_vertices: 60 }],
  ];
  for (const refine of projects) versions.push(versionFor(MODEL, settingsOf({}, refine)));
  for (const attributes of ['', 'refine_rounds="2"', 'refine_rounds="3"', 'refine_output="polygon"']) {
    const control = `<BrushLabels name="b" toName="i"><Label value="Sky" ${attributes}/></BrushLabels>`;
    if (attributes === '')
      assert.equal(versionFor(MODEL, settingsOf({}, {}, control)), versionFor(MODEL, settingsOf({})));
    else versions.push(versionFor(MODEL, settingsOf({}, {}, control)));
  }
  assert.equal(new Set(versions).size, versions.length);
  assert.ok(versions.every(isOwnVersion));
  assert.match(versions[0] ?? '', /^samrefiner-lite-1\+0a1b2c3d-settings-[0-9a-f]{6}$/);
});

test('what a project chooses as the server has it anyway changes no version', () => {
  const same = { preset: 'paper', rounds: 3, min_agreement: 0.6 };
  const env = { SAMREFINER_PRESET: 'paper', SAMREFINER_ROUNDS: '3', SAMREFINER_MIN_AGREEMENT: '0.6' };
  assert.equal(versionFor(MODEL, settingsOf({}, same)), versionFor(MODEL, settingsOf(env)));
});

test('versions of other models are not ours', () => {
  for (const version of ['', 'rough', 'sam', 'samrefiner2', 'my-samrefiner-1'])
    assert.ok(!isOwnVersion(version));
});
