import assert from 'node:assert/strict';
import test from 'node:test';
import type { LabelStudioTask } from '../../../../src/backend/label-studio/api/api-schema.js';
import type { TaskBatch } from '../../../../src/backend/label-studio/api/task-pages.js';
import { openLabelStudio } from '../../../support/label-studio/open-label-studio.js';
import { projectOf } from '../../../support/label-studio/state.js';
import { LEGACY_TOKEN, PERSONAL_TOKEN } from '../../../support/label-studio/tokens.js';
import { refusedWith } from '../../../support/refusals.js';
import { openApi } from './open-api.js';

const SIGNAL = new AbortController().signal;

async function all(batches: AsyncIterable<TaskBatch>): Promise<readonly LabelStudioTask[]> {
  const tasks: LabelStudioTask[] = [];
  for await (const batch of batches) tasks.push(...batch.tasks);
  return tasks;
}

function annotated(id: number): { id: number; was_cancelled: boolean; result: readonly unknown[] } {
  return { id, was_cancelled: false, result: [] };
}

test('a project is read with a legacy token, and below a folder', async (context) => {
  const double = await openLabelStudio(context, { folder: '/ls' });
  double.state.projects.push(projectOf(7, '<View/>', []));
  const { api } = openApi(context, double.origin, LEGACY_TOKEN);
  assert.equal((await api.project(7, SIGNAL)).label_config, '<View/>');
});

test('a personal token buys one access token for many calls, and another when that is refused', async (context) => {
  const double = await openLabelStudio(context);
  double.state.projects.push(projectOf(7, '<View/>', []));
  const { api } = openApi(context, double.origin, PERSONAL_TOKEN);
  await Promise.all([api.project(7, SIGNAL), api.project(7, SIGNAL)]);
  assert.equal(double.tokens.bought, 1);
  double.tokens.access.clear();
  await api.project(7, SIGNAL);
  assert.equal(double.tokens.bought, 2);
});

test('an access token near its end is replaced before it is used', async (context) => {
  const double = await openLabelStudio(context);
  double.tokens.accessLifeSeconds = 10;
  double.state.projects.push(projectOf(7, '<View/>', []));
  const { api } = openApi(context, double.origin, PERSONAL_TOKEN);
  await api.project(7, SIGNAL);
  await api.project(7, SIGNAL);
  assert.equal(double.tokens.bought, 2);
});

test('all tasks come page by page, and none is asked for past the total', async (context) => {
  const double = await openLabelStudio(context);
  const tasks = Array.from({ length: 128 }, (_, index) => ({ id: index + 1 }));
  double.state.projects.push(projectOf(7, '<View/>', tasks));
  const { api } = openApi(context, double.origin, LEGACY_TOKEN);
  const ids = (await all(api.listTasks(7, SIGNAL))).map(({ id }) => id);
  assert.deepEqual(
    ids,
    tasks.map(({ id }) => id),
  );
  assert.equal(double.received.length, 2);
});

test('annotated tasks come with their annotations and raw data', async (context) => {
  const double = await openLabelStudio(context);
  const data = { image: 's3://bucket/a.png' };
  double.state.projects.push(
    projectOf(7, '<View/>', [{ id: 1 }, { id: 2, data, annotations: [annotated(5)] }]),
  );
  const { api } = openApi(context, double.origin, LEGACY_TOKEN);
  const [task, ...others] = await all(api.listAnnotatedTasks(7, SIGNAL));
  assert.deepEqual(others, []);
  assert.deepEqual(task?.['data'], data);
  assert.deepEqual(task['annotations'], [annotated(5)]);
  assert.match(double.received[0] ?? '', /fields=all&only_annotated=true&resolve_uri=false/);
  assert.deepEqual(await api.annotations(2, SIGNAL), [annotated(5)]);
});

test('a page that is too large is asked for in halves, and every task comes once', async (context) => {
  const double = await openLabelStudio(context);
  const tasks = Array.from({ length: 70 }, (_, index) => ({
    id: index + 1,
    data: { text: 'x'.repeat(1000) },
  }));
  double.state.projects.push(projectOf(7, '<View/>', tasks));
  const { api } = openApi(context, double.origin, LEGACY_TOKEN, { maxAnswerBytes: 20_000 });
  const ids = (await all(api.listTasks(7, SIGNAL))).map(({ id }) => id);
  assert.deepEqual(
    ids,
    tasks.map(({ id }) => id),
  );
});

test('an export holds the annotated tasks', async (context) => {
  const double = await openLabelStudio(context);
  double.state.projects.push(projectOf(7, '<View/>', [{ id: 1 }, { id: 2, annotations: [annotated(5)] }]));
  const { api } = openApi(context, double.origin, LEGACY_TOKEN);
  assert.deepEqual(
    (await api.exportProject(7, {}, SIGNAL)).map(({ id }) => id),
    [2],
  );
  assert.equal((await api.exportProject(7, { allTasks: true }, SIGNAL)).length, 2);
});

test('the commercial edition is asked for a snapshot, which is waited for', async (context) => {
  const double = await openLabelStudio(context, { edition: 'enterprise' });
  double.state.projects.push(projectOf(7, '<View/>', [{ id: 2, annotations: [annotated(5)] }]));
  const { api, waitsMs } = openApi(context, double.origin, LEGACY_TOKEN);
  assert.deepEqual(
    (await api.exportProject(7, {}, SIGNAL)).map(({ id }) => id),
    [2],
  );
  assert.equal(waitsMs.length, 2);
});

test('a project that is not there is named as such', async (context) => {
  const double = await openLabelStudio(context);
  const { api } = openApi(context, double.origin, LEGACY_TOKEN);
  await assert.rejects(
    api.project(8, SIGNAL),
    refusedWith('LABEL_STUDIO_NOT_FOUND', { where: /projects\/8/ }),
  );
  await assert.rejects(all(api.listTasks(8, SIGNAL)), refusedWith('LABEL_STUDIO_NOT_FOUND'));
  await assert.rejects(api.exportProject(8, {}, SIGNAL), refusedWith('LABEL_STUDIO_NOT_FOUND'));
});

test('predictions are stored, with packed masks as arrays of numbers', async (context) => {
  const double = await openLabelStudio(context);
  double.state.projects.push(projectOf(7, '<View/>', [{ id: 1 }]));
  const { api } = openApi(context, double.origin, LEGACY_TOKEN);
  const result = [{ value: { rle: Uint8Array.of(1, 2, 3) } }];
  await api.importPredictions(7, [{ task: 1, result, score: 0.5, model_version: 'samrefiner-1' }], SIGNAL);
  const stored = double.state.projects[0]?.tasks[0]?.predictions[0];
  assert.deepEqual(stored?.result, [{ value: { rle: [1, 2, 3] } }]);
  assert.equal(stored.score, 0.5);
});
