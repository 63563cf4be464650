import assert from 'node:assert/strict';
import test from 'node:test';
import type { NewPrediction } from '../../../../src/backend/label-studio/api/label-studio-api.js';
import { createPredictionPusher } from '../../../../src/backend/label-studio/api/prediction-pusher.js';
import { openLabelStudio } from '../../../support/label-studio/open-label-studio.js';
import { projectOf } from '../../../support/label-studio/state.js';
import { LEGACY_TOKEN } from '../../../support/label-studio/tokens.js';
import { refusedWith } from '../../../support/refusals.js';
import { openApi } from './open-api.js';

const SIGNAL = new AbortController().signal;

function predictionOf(task: number, result: readonly unknown[] = []): NewPrediction {
  return { task, result, score: 0.5, model_version: 'samrefiner-1' };
}

test('predictions are stored in chunks of a bounded number', async (context) => {
  const double = await openLabelStudio(context);
  const tasks = Array.from({ length: 120 }, (_, index) => ({ id: index + 1 }));
  const project = projectOf(7, '<View/>', tasks);
  double.state.projects.push(project);
  const pusher = createPredictionPusher(openApi(context, double.origin, LEGACY_TOKEN).api, 7, SIGNAL);
  for (const { id } of tasks) await pusher.add(predictionOf(id));
  await pusher.flush();
  assert.ok(project.tasks.every(({ predictions }) => predictions.length === 1));
  assert.equal(double.received.length, 3);
  assert.equal(pusher.stored, 120);
});

test('large predictions are stored in smaller chunks', async (context) => {
  const double = await openLabelStudio(context);
  double.state.projects.push(projectOf(7, '<View/>', [{ id: 1 }, { id: 2 }]));
  const pusher = createPredictionPusher(openApi(context, double.origin, LEGACY_TOKEN).api, 7, SIGNAL);
  const rle = new Uint8Array(1_500_000).fill(255);
  for (const id of [1, 2]) await pusher.add(predictionOf(id, [{ value: { rle } }]));
  await pusher.flush();
  assert.equal(double.received.length, 2);
});

test('when it is unclear whether a chunk was stored, only what is missing is sent again', async (context) => {
  const double = await openLabelStudio(context);
  const project = projectOf(7, '<View/>', [{ id: 1 }, { id: 2 }]);
  double.state.projects.push(project);
  double.fault = (req, res, next) => {
    if (req.method !== 'POST') {
      next();
      return;
    }
    double.fault = null;
    // Half of it was carried out when the proxy in front gave up.
    project.tasks[0]?.predictions.push({ ...predictionOf(1), id: 1, created_at: '' });
    res.status(504).end();
  };
  const pusher = createPredictionPusher(openApi(context, double.origin, LEGACY_TOKEN).api, 7, SIGNAL);
  for (const id of [1, 2]) await pusher.add(predictionOf(id));
  await pusher.flush();
  assert.deepEqual(
    project.tasks.map(({ predictions }) => predictions.length),
    [1, 1],
  );
});

test('a chunk that is refused, or fails again and again, ends the storing', async (context) => {
  const double = await openLabelStudio(context);
  double.state.projects.push(projectOf(7, '<View/>', [{ id: 1 }]));
  const { api } = openApi(context, double.origin, LEGACY_TOKEN);
  const refused = createPredictionPusher(api, 7, SIGNAL);
  await refused.add(predictionOf(99));
  await assert.rejects(refused.flush(), refusedWith('LABEL_STUDIO_REFUSED', { received: /task 99/ }));
  double.fault = (req, res, next) => {
    if (req.method === 'POST') res.status(500).end();
    else next();
  };
  const failing = createPredictionPusher(api, 7, SIGNAL);
  await failing.add(predictionOf(1));
  await assert.rejects(failing.flush(), refusedWith('LABEL_STUDIO_FAILED'));
  assert.equal(failing.stored, 0);
});
