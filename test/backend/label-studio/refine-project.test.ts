import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createImageFetcher } from '../../../src/backend/fetch-image.js';
import { createImageSource } from '../../../src/backend/label-studio/image-source.js';
import {
  type OnTask,
  refineProject,
  type RefineProjectRequest,
} from '../../../src/backend/label-studio/refine-project.js';
import { RefinerError } from '../../../src/errors.js';
import { type LabelStudioDouble, openLabelStudio } from '../../support/label-studio/open-label-studio.js';
import { projectOf, type StoredProject } from '../../support/label-studio/state.js';
import { LEGACY_TOKEN } from '../../support/label-studio/tokens.js';
import { refusedWith } from '../../support/refusals.js';
import { servingOnly } from '../serving-only.js';
import { openApi } from './api/open-api.js';
import * as batch from './batch-fixtures.js';
import { type DilatingInference, dilatingInference } from './dilating-inference.js';

const SIGNAL = new AbortController().signal;
const VERSION = 'samrefiner-dilate-1';

interface Opened {
  readonly double: LabelStudioDouble;
  readonly project: StoredProject;
  readonly inference: DilatingInference;
  readonly run: (
    changes?: Partial<RefineProjectRequest>,
    signal?: AbortSignal,
    onTask?: OnTask,
  ) => ReturnType<typeof refineProject>;
}

/** A Label Studio with the tasks of a fixture in project 7, and a refiner of it. */
async function open(context: TestContext, fixtureName = 'predict-batch-rough-predictions'): Promise<Opened> {
  const fixture = batch.requestFixture(fixtureName);
  const double = await openLabelStudio(context);
  const project = projectOf(7, fixture.body.label_config, fixture.body.tasks as never);
  double.state.projects.push(project);
  for (const [address, file] of Object.entries(fixture.serve ?? {})) {
    const path = address.replace(/^\/data\//, '');
    double.state.uploads.set(path, batch.imageFixture(file.replace('images/', '')));
  }
  const { origin } = new URL(double.origin);
  const fetcher = createImageFetcher({
    maxBytes: 1e6,
    timeoutMs: 10_000,
    allowedOrigins: [origin],
    verifyTls: true,
  });
  context.after(() => fetcher.close());
  const settings = { labelStudioUrl: double.origin, apiKey: LEGACY_TOKEN, localFilesRoot: null };
  const images = createImageSource(settings, fetcher, { warn: () => undefined });
  const inference = dilatingInference();
  const { api } = openApi(context, double.origin, LEGACY_TOKEN);
  const predict = { ...batch.dependenciesFor({}), images, models: servingOnly(inference) };
  const base = { project: 7, dryRun: false, labels: null, limit: null, extraParams: null };
  const run: Opened['run'] = (changes = {}, signal = SIGNAL, onTask = () => undefined) =>
    refineProject({ ...base, ...changes }, { api, predict }, onTask, signal);
  return { double, project, inference, run };
}

function ownPredictions({ project }: Opened, task: number): readonly unknown[] {
  const predictions = project.tasks.find(({ id }) => id === task)?.predictions ?? [];
  return predictions
    .filter(({ model_version }) => model_version === VERSION)
    .map(({ result, score }) => ({ result, score }));
}

test('the predictions stored are those that /predict answers', async (context) => {
  const opened = await open(context);
  const report = await opened.run();
  const fixture = batch.requestFixture('predict-batch-rough-predictions');
  const answered = await batch.predict(fixture.body, batch.dependenciesFor(fixture));
  for (const [index, { id }] of fixture.body.tasks.entries()) {
    const expected = answered[index];
    const asStored = expected ? [{ result: expected.result, score: expected.score }] : [];
    const plain: unknown = JSON.parse(
      JSON.stringify(asStored, (_key, value: unknown) => (value instanceof Uint8Array ? [...value] : value)),
    );
    assert.deepEqual(ownPredictions(opened, id), plain);
  }
  const statuses = report.tasks.map(({ task, status }) => [task, status]);
  assert.deepEqual(statuses, [
    [101, 'refined'],
    [102, 'refined'],
    [103, 'no-shapes'],
    [104, 'refined'],
  ]);
  assert.equal(report.stored, 3);
  assert.equal(report.modelVersion, VERSION);
});

test('a second run passes over what the first one stored', async (context) => {
  const opened = await open(context);
  await opened.run();
  const requests = opened.inference.requests.length;
  const report = await opened.run();
  assert.equal(report.stored, 0);
  assert.equal(opened.inference.requests.length, requests);
  assert.equal(report.tasks.filter(({ status }) => status === 'done').length, 3);
});

test('a dry run refines and stores nothing', async (context) => {
  const opened = await open(context);
  const report = await opened.run({ dryRun: true });
  assert.equal(report.stored, 0);
  assert.ok(report.tasks.some(({ score }) => score !== null && score > 0));
  assert.ok(!opened.double.received.some((line) => line.startsWith('POST')));
});

test('labels choose the tasks, which are refined as a whole', async (context) => {
  const opened = await open(context);
  const report = await opened.run({ labels: ['Panel'] });
  const refined = report.tasks.filter(({ status }) => status === 'refined').map(({ task }) => task);
  assert.deepEqual(refined, [102]);
  assert.equal(report.tasks.filter(({ status }) => status === 'filtered').length, 2);
});

test('a limit counts the tasks that are worked on', async (context) => {
  const opened = await open(context);
  assert.equal((await opened.run({ limit: 1 })).stored, 1);
  assert.equal((await opened.run({ limit: 5 })).stored, 2);
});

test('a task whose image is missing fails alone, and the next run tries it again', async (context) => {
  const opened = await open(context);
  const path = 'upload/7/5d0e77aa-exif6.jpg';
  const image = opened.double.state.uploads.get(path);
  opened.double.state.uploads.delete(path);
  const report = await opened.run();
  assert.match(report.tasks.find(({ status }) => status === 'failed')?.reason ?? '', /not found/);
  assert.equal(report.stored, 2);
  if (image) opened.double.state.uploads.set(path, image);
  assert.equal((await opened.run()).stored, 1);
});

test('the options of the project apply, and regions kept are reported', async (context) => {
  const opened = await open(context);
  const report = await opened.run({ extraParams: { refine: { skip_labels: ['Ball'] } } });
  const kept = report.tasks.flatMap((task) =>
    task.kept.map(({ region, reason }) => [task.task, region, reason]),
  );
  assert.deepEqual(kept, [
    [101, 'Rough_Ball', 'its label is skipped'],
    [102, 'Rough_Box', 'its label is skipped'],
    [104, 'Rough_Exif', 'its label is skipped'],
  ]);
});

test('when a run is broken off, what was finished until then is stored', async (context) => {
  const opened = await open(context);
  const caller = new AbortController();
  const refine = opened.inference.refine.bind(opened.inference);
  let calls = 0;
  Object.assign(opened.inference, {
    refine: async (...call: Parameters<DilatingInference['refine']>) => {
      calls += 1;
      if (calls === 1) return refine(...call);
      return new Promise(() => undefined);
    },
  });
  const breakOff: OnTask = ({ status }) => {
    if (status === 'refined') caller.abort(new RefinerError('ABORTED'));
  };
  await assert.rejects(opened.run({}, caller.signal, breakOff), refusedWith('ABORTED'));
  const stored = opened.project.tasks.flatMap(({ id }) => ownPredictions(opened, id));
  assert.equal(stored.length, 1);
});

test('a model that cannot be used ends the run instead of failing every task', async (context) => {
  const opened = await open(context);
  Object.assign(opened.inference, {
    refine: () => Promise.reject(new RefinerError('PACK_FILE_DAMAGED')),
  });
  await assert.rejects(opened.run(), refusedWith('PACK_FILE_DAMAGED'));
});

test('refused credentials end the run at once', async (context) => {
  const opened = await open(context);
  opened.double.tokens.legacyEnabled = false;
  await assert.rejects(opened.run(), refusedWith('LABEL_STUDIO_UNAUTHORIZED'));
});
