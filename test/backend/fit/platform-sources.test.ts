import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { acceptedRegions } from '../../../src/backend/fit/accepted-regions.js';
import { cvatSource } from '../../../src/backend/fit/cvat-source.js';
import { type FitImage, registerSource, type RegisteredSource } from '../../../src/backend/fit/fit-source.js';
import { labelStudioSource } from '../../../src/backend/fit/label-studio-source.js';
import { createCvatClient } from '../../../src/backend/cvat/rest/client.js';
import { createImageFetcher } from '../../../src/backend/fetch-image.js';
import { JsonParser } from '../../../src/backend/json-parser.js';
import { createImageSource } from '../../../src/backend/label-studio/image-source.js';
import { inMemoryProjectSettings } from '../../../src/backend/label-studio/project-settings.js';
import { RefinerError } from '../../../src/errors.js';
import { openCvatDouble } from '../../support/cvat-double.js';
import { openLabelStudio } from '../../support/label-studio/open-label-studio.js';
import { projectOf } from '../../support/label-studio/state.js';
import { LEGACY_TOKEN } from '../../support/label-studio/tokens.js';

const { signal } = new AbortController();
const CONFIG =
  '<View><PolygonLabels name="poly" toName="image"><Label value="Ball"/></PolygonLabels>' +
  '<RectangleLabels name="box" toName="image"><Label value="Ball"/></RectangleLabels>' +
  '<Image name="image" value="$image"/></View>';

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof RefinerError && error.code === code;
}

/** A polygon region whose first vertex lies at `x` percent, so that it can be told from others. */
function polygon(id: string, x: number): object {
  return {
    id,
    type: 'polygonlabels',
    from_name: 'poly',
    to_name: 'image',
    original_width: 100,
    original_height: 80,
    value: {
      points: [
        [x, 10],
        [60, 10],
        [60, 60],
      ],
      polygonlabels: ['Ball'],
    },
  };
}

const BOX = {
  ...polygon('box', 0),
  type: 'rectanglelabels',
  from_name: 'box',
  value: { x: 1, y: 1, width: 9, height: 9, rotation: 0, rectanglelabels: ['Ball'] },
};

/** The masks of an image by their first coordinate. */
async function masksOf(image: FitImage | undefined): Promise<readonly (number | undefined)[]> {
  const objects = (await image?.load(signal))?.objects ?? [];
  return objects.map(({ truth, rough, corrected }) => {
    assert.deepEqual([rough, corrected], [null, false]);
    return truth.kind === 'polygon' ? truth.rings[0]?.[0] : undefined;
  });
}

async function listed(
  source: RegisteredSource,
  input: object,
  work: (images: readonly FitImage[], total: number) => Promise<void>,
): Promise<void> {
  await source.use(await source.check(input), async (batches) => {
    const images: FitImage[] = [];
    let total = 0;
    for await (const batch of batches(signal)) {
      images.push(...batch.images);
      total = batch.total;
    }
    await work(images, total);
  });
}

function openSource(
  context: TestContext,
  url: string | null,
  token: string | null,
  projects = inMemoryProjectSettings(),
) {
  const fetcher = createImageFetcher({
    maxBytes: 1e6,
    timeoutMs: 10_000,
    allowedOrigins: url === null ? [] : [new URL(url).origin],
    verifyTls: true,
  });
  const json = new JsonParser({ maxDepth: 100, maxNodes: 100_000 });
  context.after(() => Promise.all([fetcher.close(), json.close()]));
  const settings = { labelStudioUrl: url, apiKey: token };
  const log = { warn: () => undefined };
  const images = createImageSource({ ...settings, localFilesRoot: null }, fetcher, log);
  const source = labelStudioSource({
    settings,
    means: { http: fetcher.http, json, retry: { wait: () => Promise.resolve() } },
    images,
    projects: () => projects,
  });
  return registerSource(source);
}

test('of a Label Studio project the newest annotation of every annotator is learned from, skipped ones and boxes apart', async (context) => {
  const double = await openLabelStudio(context);
  double.state.uploads.set('upload/7/a.png', Buffer.from('photo a'));
  const data = { image: '/data/upload/7/a.png' };
  const annotation = (id: number, by: number, x: number, more: object = {}) => ({
    id,
    completed_by: by,
    was_cancelled: false,
    updated_at: `2026-01-0${id % 9}T00:00:00Z`,
    result: [polygon(`r${id}`, x), BOX],
    ...more,
  });
  double.state.projects.push(
    projectOf(7, CONFIG, [
      {
        id: 101,
        data,
        annotations: [
          annotation(1, 1, 11),
          annotation(3, 1, 13),
          annotation(2, 1, 12),
          annotation(4, 2, 14),
          annotation(5, 1, 15, { was_cancelled: true }),
        ],
      },
      { id: 102, data, annotations: [annotation(6, 1, 16, { was_cancelled: true })] },
      { id: 103, data, annotations: [annotation(7, 1, 0, { result: [BOX] })] },
      { id: 104, data: {}, annotations: [annotation(8, 1, 18)] },
      { id: 105, data, annotations: [annotation(1, 1, 19)] },
    ]),
  );
  const source = openSource(context, double.origin, LEGACY_TOKEN);
  await listed(source, { source: 'label-studio', project: '7' }, async (images) => {
    assert.deepEqual(
      images.map(({ name, masks }) => [name, masks]),
      [
        ['task-101/0', 2],
        ['task-105/0', 1],
      ],
    );
    assert.equal(images[0]?.side, images[1]?.side, 'the same image is never on both sides');
    assert.equal(Buffer.from((await images[0]?.load(signal))?.bytes ?? []).toString(), 'photo a');
    assert.deepEqual(await masksOf(images[0]), [13, 14]);
  });
});

test('an annotation that came of our prediction is paired with the rough mask that this had refined', () => {
  const prediction = (id: number, model_version: string, result: readonly object[]) => ({
    ...{ id, task: 1, score: null, created_at: `2026-01-01T00:00:0${id}Z`, model_version, result },
  });
  const accepted = {
    id: 9,
    completed_by: 1,
    was_cancelled: false,
    updated_at: '2026-02-01T00:00:00Z',
    parent_prediction: 2,
    result: [polygon('a', 30), polygon('own', 31), polygon('lost', 32)],
  };
  const task = {
    predictions: [
      prediction(1, 'rough-model', [polygon('a', 10)]),
      prediction(2, 'samrefiner-lite-1+label-studio-7.3', [polygon('a', 20), polygon('lost', 22)]),
    ],
  };
  const x = (region: { readonly value: object } | null): unknown =>
    region === null ? null : (region.value as { points: number[][] }).points[0]?.[0];
  const pairs = (annotations: readonly object[]) =>
    acceptedRegions({ ...task, annotations }).map(({ region, rough }) => [x(region), x(rough)]);
  const paired = [
    [30, 10],
    [31, null],
    [32, 22],
  ];
  assert.deepEqual(pairs([accepted]), paired);
  // Without the name of its prediction the regions' ids tell.
  assert.deepEqual(pairs([{ ...accepted, parent_prediction: null }]), paired);
  // Made from another model's prediction: nothing of ours was corrected.
  const unpaired = paired.map(([truth]) => [truth, null]);
  assert.deepEqual(pairs([{ ...accepted, parent_prediction: 1 }]), unpaired);
  // The rough mask may be an annotation from before.
  const before = { ...accepted, id: 8, updated_at: '2025-12-01T00:00:00Z', result: [polygon('lost', 2)] };
  assert.deepEqual(pairs([accepted, before])[2], [32, 2]);
});

test('what a Label Studio project chose when it was connected is known to learning', async (context) => {
  const projects = inMemoryProjectSettings();
  const extraParams = { refine: { model: 'second', preset: 'official' } };
  await projects.set('7', { hostname: null, accessToken: null, extraParams });
  const source = openSource(context, null, null, projects);
  assert.deepEqual(await source.extraParams({ source: 'label-studio', project: '7' }), extraParams);
  assert.equal(await source.extraParams({ source: 'label-studio', project: '8' }), null);
});

test('a wrong token, a project that is not there and no address of Label Studio are told', async (context) => {
  const double = await openLabelStudio(context);
  const wrong = openSource(context, double.origin, '0'.repeat(40));
  const input = { source: 'label-studio', project: '7' };
  await assert.rejects(
    listed(wrong, input, () => Promise.resolve()),
    hasCode('LABEL_STUDIO_UNAUTHORIZED'),
  );
  const right = openSource(context, double.origin, LEGACY_TOKEN);
  await assert.rejects(
    listed(right, input, () => Promise.resolve()),
    hasCode('LABEL_STUDIO_NOT_FOUND'),
  );
  const nowhere = openSource(context, null, null);
  await assert.rejects(
    listed(nowhere, input, () => Promise.resolve()),
    hasCode('JOB_KIND_REFUSED'),
  );
  await assert.rejects(right.check({ ...input, project: '../7' }), hasCode('BODY_INVALID'));
});

test('of a CVAT project the masks and polygons of completed annotation jobs are learned from', async (context) => {
  const double = await openCvatDouble();
  context.after(() => double.close());
  double.frame = (job, frame) => Buffer.from(`job ${job.id} frame ${frame}`);
  const job = (id: number, more: object = {}) =>
    double.addJob({
      id,
      task_id: 5,
      project_id: 4,
      state: 'completed',
      start_frame: 0,
      stop_frame: 9,
      ...more,
    });
  const shape = (type: 'mask' | 'polygon' | 'rectangle', frame: number, points: readonly number[]) =>
    ({ type, frame, points, label_id: 31 }) as const;
  const triangle = (x: number): readonly number[] => [x, 0, 20, 0, 20, 20];
  job(1, { deletedFrames: [3] });
  job(2, { start_frame: 9, stop_frame: 12 });
  job(3, { state: 'in progress' });
  job(4, { type: 'ground_truth' });
  job(6, { project_id: 8 });
  double.addShape(1, shape('polygon', 9, triangle(1)));
  double.addShape(1, shape('mask', 2, [0, 4, 0, 0, 1, 1]));
  double.addShape(1, shape('polygon', 2, triangle(2)));
  double.addShape(1, shape('rectangle', 2, [0, 0, 5, 5]));
  double.addShape(1, shape('polygon', 3, triangle(3)));
  double.addShape(2, shape('polygon', 9, triangle(4)));
  double.addShape(2, shape('polygon', 10, triangle(5)));
  for (const other of [3, 4, 6]) double.addShape(other, shape('polygon', 0, triangle(6)));
  for (const id of [1, 2, 4, 6]) {
    const own = double.jobs.get(id);
    if (own) own.state = 'completed';
  }
  const source = registerSource(
    cvatSource(() =>
      createCvatClient({
        connection: { baseUrl: double.origin, headers: {} },
        verifyTls: true,
        maxImageBytes: 1e6,
      }),
    ),
  );
  await listed(source, { source: 'cvat', project: 4 }, async (images, total) => {
    assert.deepEqual(
      images.map(({ name, masks }) => [name, masks]),
      [
        ['task-5/2', 2],
        ['task-5/9', 1],
        ['task-5/10', 1],
      ],
    );
    assert.equal(total, 14);
    const loaded = await images[0]?.load(signal);
    assert.equal(Buffer.from(loaded?.bytes ?? []).toString(), 'job 1 frame 2');
    assert.deepEqual(
      loaded?.objects.map(({ truth, corrected }) => [truth.kind, corrected]),
      [
        ['cvat-mask', false],
        ['polygon', false],
      ],
    );
  });
  await assert.rejects(source.check({ source: 'cvat', project: 'x' }), hasCode('BODY_INVALID'));
});
