import assert from 'node:assert/strict';
import test from 'node:test';
import type { StoredShape } from '../../../../src/backend/cvat/rest/annotations.js';
import { openTaskRecord } from '../../../../src/backend/cvat/task/task-record.js';
import { withoutId } from '../../../../src/backend/cvat/task/write-shapes.js';
import { decodeCvatMask } from '../../../../src/formats/cvat-mask.js';
import type { CvatDouble, DoubleJob } from '../../../support/cvat-double.js';
import { readFixture } from '../../../support/fixtures.js';
import { refusedWith } from '../../../support/refusals.js';
import { contents, HEIGHT, maskShape, openTask, WIDTH } from './open-task.js';

/** The annotations that CVAT's REST payloads show: masks, polygon, rotated box, ellipse, polyline, a tag, tracks. */
interface Recorded {
  readonly shapes: readonly StoredShape[];
  readonly tags: unknown[];
  readonly tracks: unknown[];
}

function recordedAnnotations(): Recorded {
  const cases = JSON.parse(readFixture('cvat/rest-annotations.json').toString()) as {
    readonly id: string;
    readonly answer: { readonly body: Recorded };
  }[];
  const found = cases.find(({ id }) => id === 'annotations');
  if (!found) throw new Error('no recording');
  return found.answer.body;
}

function addRecordedJob(double: CvatDouble): DoubleJob {
  const { shapes, tags, tracks } = recordedAnnotations();
  const job = double.addJob({ id: 19, stop_frame: 11, tags, tracks });
  for (const shape of shapes) double.addShape(19, withoutId(shape));
  return job;
}

function byType(job: DoubleJob, type: string): StoredShape {
  const found = job.shapes.find((shape) => shape.type === type);
  if (!found) throw new Error(`no ${type}`);
  return found;
}

/** A job of so many frames with two masks each. */
function addPlainJob(double: CvatDouble, id: number, frames: number): DoubleJob {
  const job = double.addJob({ id, stop_frame: frames - 1 });
  for (let frame = 0; frame < frames; frame++) {
    double.addShape(id, maskShape(frame, 10, 10 + frame));
    double.addShape(id, maskShape(frame, 50, 20 + frame));
  }
  return job;
}

const patches = (double: CvatDouble): number =>
  double.requests.filter(({ method }) => method === 'PATCH').length;

test('masks, polygons and turned boxes are replaced by better ones of their type; all else stays', async (context) => {
  const { double, refine, progress } = await openTask(context);
  const job = addRecordedJob(double);
  const before = job.shapes;
  const report = await refine();
  assert.deepEqual(report.counts, { refined: 5, kept: 0, failed: 0, skipped: 4, left: 0 });
  assert.equal(job.shapes.length, before.length);
  for (const old of before) {
    const line = report.shapes.find(({ id, type }) => id === old.id && type !== 'track');
    if (['ellipse', 'polyline'].includes(old.type)) {
      assert.equal(line?.reason, 'shape-type');
      assert.ok(job.shapes.includes(old));
      continue;
    }
    assert.equal(line?.status, 'refined');
    const now = job.shapes.find(({ id }) => id === line.newId);
    assert.ok(now);
    assert.notDeepEqual(now.points, old.points);
    assert.deepEqual({ ...now, points: [], id: 0 }, { ...old, points: [], id: 0, source: 'semi-auto' });
  }
  const tracks = report.shapes.filter(({ type }) => type === 'track');
  assert.deepEqual(
    tracks.map(({ id, status, reason }) => ({ id, status, reason })),
    [71, 72].map((id) => ({ id, status: 'skipped', reason: 'track' })),
  );
  assert.deepEqual(progress.at(-1), { done: 12, total: 12, message: 'job 19' });
});

test('a turned box grows about its centre and keeps its angle', async (context) => {
  const { double, refine } = await openTask(context);
  const job = addRecordedJob(double);
  const [left = 0, top = 0, right = 0, bottom = 0] = byType(job, 'rectangle').points;
  await refine();
  const refined = byType(job, 'rectangle');
  const [l = 0, t = 0, r = 0, b = 0] = refined.points;
  assert.equal(refined.rotation, 12.5);
  for (const moved of [left - l, top - t, r - right, b - bottom]) assert.ok(moved > 0.5 && moved < 1.6);
});

test('masks that were read back with floats and a last run of nothing are grown by just one pixel', async (context) => {
  const { double, refine } = await openTask(context);
  const job = addRecordedJob(double);
  const size = { width: WIDTH, height: HEIGHT };
  const rough = job.shapes
    .filter(({ type }) => type === 'mask')
    .map(({ points }) => decodeCvatMask(points, size));
  await refine();
  const refined = job.shapes.filter(({ type }) => type === 'mask');
  const boxes = refined.map(({ points }) => decodeCvatMask(points, size).box);
  for (const { box } of rough) {
    const grown = { x0: box.x0 - 1, y0: box.y0 - 1, x1: box.x1 + 1, y1: box.y1 + 1 };
    assert.ok(boxes.some((other) => JSON.stringify(other) === JSON.stringify(grown)));
  }
  assert.ok(refined.every(({ points }) => points.every(Number.isInteger)));
});

test('boxes become masks where that is wanted and their label takes masks', async (context) => {
  const { double, refine } = await openTask(context);
  double.labels.push({ id: 34, name: 'box', type: 'rectangle', attributes: [] });
  const job = double.addJob({ id: 19 });
  const box = { type: 'rectangle', points: [10, 10, 30, 25] } as const;
  double.addShape(19, maskShape(0, 0, 0, { ...box, label_id: 31 }));
  double.addShape(19, maskShape(0, 0, 0, { ...box, label_id: 34, attributes: [] }));
  await refine({ boxes: 'mask' });
  assert.deepEqual(
    job.shapes.map(({ type, label_id }) => [label_id, type]),
    [
      [31, 'mask'],
      [34, 'rectangle'],
    ],
  );
  assert.deepEqual(byType(job, 'rectangle').points, [9, 9, 31, 26]);
});

test('taking a run back restores the very same shapes', async (context) => {
  const { double, refine, undo } = await openTask(context);
  const job = addRecordedJob(double);
  const before = contents(job.shapes);
  await refine();
  assert.notDeepEqual(contents(job.shapes), before);
  const report = await undo();
  assert.deepEqual(report.counts, { restored: 5, removed: 0, left: 0 });
  assert.deepEqual(contents(job.shapes), before);
  assert.equal((await undo()).run, null);
});

test('refined shapes beside the rough ones share a new group, and taking back removes just them', async (context) => {
  const { double, refine, undo } = await openTask(context);
  const job = addRecordedJob(double);
  const before = job.shapes;
  const report = await refine({ mode: 'beside' });
  assert.equal(report.counts.refined, 5);
  const added = job.shapes.filter((shape) => !before.includes(shape));
  assert.deepEqual(new Set(added.map(({ group, source }) => `${group} ${source}`)), new Set(['3 auto']));
  assert.equal(added.length, 5);
  assert.deepEqual(
    job.shapes.filter((shape) => before.includes(shape)),
    before,
  );
  assert.deepEqual((await undo()).counts, { restored: 0, removed: 5, left: 0 });
  assert.deepEqual(job.shapes, before);
});

test('a dry run reports every shape and writes nothing', async (context) => {
  const { double, refine, undo } = await openTask(context);
  const job = addRecordedJob(double);
  const before = job.shapes;
  const report = await refine({ mode: 'dry-run' });
  assert.equal(report.counts.refined, 5);
  assert.ok(report.shapes.every(({ newId }) => newId === undefined));
  assert.equal(patches(double), 0);
  assert.equal(job.shapes, before);
  assert.equal((await undo()).run, null);
});

test('only the labels that are named are refined, and a label that is not there is refused', async (context) => {
  const { double, refine } = await openTask(context);
  addRecordedJob(double);
  const report = await refine({ labels: ['dog'] });
  assert.deepEqual(
    report.shapes.map(({ label, status }) => `${label} ${status}`),
    ['dog refined'],
  );
  await assert.rejects(
    refine({ labels: ['fish'] }),
    refusedWith('CVAT_LABEL_UNKNOWN', { expected: /cat, dog/ }),
  );
});

test('jobs in work, ground truth, point clouds and deleted frames are left alone', async (context) => {
  const { double, refine } = await openTask(context);
  addPlainJob(double, 1, 1).state = 'in progress';
  addPlainJob(double, 2, 1).state = 'rejected';
  double.addJob({ ...addPlainJob(double, 3, 1), type: 'ground_truth' });
  double.addJob({ ...addPlainJob(double, 4, 1), dimension: '3d' });
  const job = addPlainJob(double, 5, 3);
  job.state = 'completed';
  job.deletedFrames.push(1);
  const before = [1, 2, 3, 4].map((id) => double.jobs.get(id)?.shapes);
  const report = await refine();
  assert.deepEqual(
    report.jobs.map(({ reason }) => reason),
    ['in progress', 'rejected', 'ground_truth', '3d', undefined],
  );
  assert.deepEqual(
    [1, 2, 3, 4].map((id) => double.jobs.get(id)?.shapes),
    before,
  );
  assert.deepEqual(report.counts, { refined: 4, kept: 0, failed: 0, skipped: 2, left: 0 });
  assert.ok(report.shapes.every(({ frame, reason }) => (frame === 1) === (reason === 'deleted-frame')));
  assert.equal(job.state, 'completed');
});

test('a shape changed meanwhile is left alone and reported, and so is the rest of that job', async (context) => {
  const { double, refine } = await openTask(context);
  const job = addPlainJob(double, 19, 4);
  const other = addPlainJob(double, 20, 1);
  const [, , changed] = job.shapes;
  assert.ok(changed);
  // Somebody moves a shape of frame 1 after the writing of frame 0, and deletes one of frame 3.
  double.interfere = ({ path }) => {
    if (path.startsWith('/jobs/19/data?') && path.includes('number=2&') && job.shapes.includes(changed)) {
      double.patch(19, 'update', [{ ...changed, points: [0, 80, 0, 0, 9, 7] }]);
      double.patch(19, 'delete', job.shapes.filter(({ frame }) => frame === 3).slice(0, 1));
    }
    return undefined;
  };
  const report = await refine({}, { maxWriteFrames: 1 });
  const left = report.shapes.filter(({ status }) => status === 'left');
  assert.equal(left.find(({ id }) => id === changed.id)?.reason, 'changed-meanwhile');
  assert.equal(left.filter(({ reason }) => reason === 'changed-meanwhile').length, 2);
  assert.deepEqual(report.jobs[0], { job: 19, status: 'left', reason: 'changed-meanwhile' });
  const moved = job.shapes.filter(({ points }) => points.join() === '0,80,0,0,9,7');
  assert.deepEqual(
    moved.map(({ source }) => source),
    ['manual'],
  );
  assert.equal(job.shapes.length, 7);
  assert.ok(other.shapes.every(({ source }) => source === 'semi-auto'));

  // When nobody is at it any more, another run takes up what was left, and only that.
  const again = await refine();
  assert.equal(again.counts.refined, 7 - report.counts.refined + 2);
  assert.ok(job.shapes.every(({ source }) => source === 'semi-auto'));
});

test('a job that somebody takes up meanwhile is no longer written to', async (context) => {
  const { double, refine } = await openTask(context);
  const job = addPlainJob(double, 19, 3);
  const before = job.shapes;
  double.interfere = ({ path }) => {
    if (path.includes('/data?') && path.includes('number=1&')) job.state = 'in progress';
    return undefined;
  };
  const report = await refine();
  assert.deepEqual(report.counts, { refined: 0, kept: 0, failed: 0, skipped: 0, left: 6 });
  assert.ok(report.shapes.every(({ reason }) => reason === 'job-in-work'));
  assert.equal(job.shapes, before);
});

test('what a run has written is not refined again by the next one, until it is taken back', async (context) => {
  const { double, refine, undo } = await openTask(context);
  for (const mode of ['replace', 'beside'] as const) {
    const job = addPlainJob(double, 19, 2);
    await refine({ mode });
    const after = job.shapes;
    const again = await refine({ mode });
    assert.ok(again.shapes.every(({ reason }) => reason === 'already-refined'));
    assert.equal(job.shapes, after);
    await undo();
    assert.equal((await refine({ mode })).counts.refined, 4);
    await undo();
  }
});

test('runs are taken back one after the other, whatever ids the shapes then have', async (context) => {
  const { double, refine, undo } = await openTask(context);
  const job = addPlainJob(double, 19, 2);
  const before = contents(job.shapes);
  double.addShape(19, maskShape(0, 30, 40, { label_id: 32, attributes: [] }));
  await refine({ labels: ['cat'] });
  const between = contents(job.shapes);
  const dog = job.shapes.find(({ label_id }) => label_id === 32);
  assert.ok(dog);
  await refine({ labels: ['dog'] });
  await undo();
  assert.deepEqual(contents(job.shapes), between);
  await undo();
  assert.deepEqual(contents(job.shapes.filter(({ label_id }) => label_id === 31)), before);
});

test('taking back leaves what somebody has changed since, and jobs in work, for another time', async (context) => {
  const { double, refine, undo } = await openTask(context);
  const job = addPlainJob(double, 19, 2);
  const busy = addPlainJob(double, 20, 1);
  const before = contents(busy.shapes);
  await refine();
  const [changed] = job.shapes;
  assert.ok(changed);
  double.patch(19, 'update', [{ ...changed, label_id: 32, attributes: [] }]);
  busy.state = 'in progress';
  const report = await undo();
  assert.deepEqual(report.counts, { restored: 3, removed: 0, left: 3 });
  assert.equal(job.shapes.filter(({ label_id }) => label_id === 32).length, 1);
  busy.state = 'new';
  assert.equal((await undo()).counts.restored, 2);
  assert.deepEqual(contents(busy.shapes), before);
});

test('a shape that CVAT refuses is reported and those written with it are not lost', async (context) => {
  const { double, refine } = await openTask(context);
  const job = addPlainJob(double, 19, 4);
  const [, , bad] = job.shapes;
  assert.ok(bad);
  double.interfere = ({ method, body }) =>
    method === 'PATCH' && body.includes(`"id":${bad.id}`) ? { kind: 'answer', status: 400 } : undefined;
  const report = await refine();
  assert.deepEqual(report.counts, { refined: 7, kept: 0, failed: 1, skipped: 0, left: 0 });
  const failed = report.shapes.find(({ status }) => status === 'failed');
  assert.match(failed?.reason ?? '', /CVAT_REFUSED status 400/);
  assert.equal(failed?.id, bad.id);
  assert.ok(job.shapes.includes(bad));
});

test('a frame that cannot be had or read fails alone', async (context) => {
  const { double, refine } = await openTask(context);
  addPlainJob(double, 19, 3);
  const { frame } = double;
  double.frame = (job, number) => (number === 1 ? Buffer.from('no image') : frame(job, number));
  double.interfere = ({ path }) => (path.includes('number=2&') ? { kind: 'answer', status: 404 } : undefined);
  const report = await refine();
  assert.deepEqual(
    report.shapes.map(({ status, reason }) => reason ?? status),
    [
      ...['refined', 'refined', 'IMAGE_NOT_READABLE', 'IMAGE_NOT_READABLE'],
      ...['CVAT_NOT_FOUND', 'CVAT_NOT_FOUND'],
    ],
  );
});

test('masks that were not made for the frame are not written over', async (context) => {
  const { double, refine } = await openTask(context);
  double.addJob({ id: 19 });
  double.addShape(19, maskShape(0, 90, 70));
  const report = await refine();
  assert.equal(report.shapes[0]?.reason, 'RLE_SIZE_MISMATCH');
});

for (const done of [true, false]) {
  test(`a write that was ${done ? '' : 'not '}done, but not answered, is found out and not repeated in vain`, async (context) => {
    const { double, refine, undo } = await openTask(context);
    const job = addPlainJob(double, 19, 4);
    const before = contents(job.shapes);
    let losses = 2;
    double.interfere = ({ method }) =>
      method === 'PATCH' && losses-- > 0 ? { kind: 'lose', done } : undefined;
    const report = await refine({}, { maxWriteFrames: 2 });
    assert.equal(report.counts.refined, 8);
    assert.equal(new Set(report.shapes.map(({ newId }) => newId)).size, 8);
    assert.equal(job.shapes.length, 8);
    assert.ok(job.shapes.every(({ source }) => source === 'semi-auto'));
    losses = 1;
    assert.equal((await undo()).jobs[0]?.status, 'done');
    assert.deepEqual(contents(job.shapes), before);
  });
}

test('a write that arrives after its connection broke is waited for and not written twice', async (context) => {
  const { double, refine } = await openTask(context);
  const job = addPlainJob(double, 19, 1);
  let nowMs = 0;
  let late: readonly object[] = [];
  double.interfere = ({ method, body }) => {
    if (method !== 'PATCH' || late.length > 0) return undefined;
    late = (JSON.parse(body) as { readonly shapes: readonly object[] }).shapes;
    return { kind: 'lose', done: false };
  };
  const wait = (ms: number): Promise<void> => {
    nowMs += ms;
    if (nowMs === 20_000) double.patch(19, 'update', late);
    return Promise.resolve();
  };
  const report = await refine({}, { nowMs: () => nowMs, wait, unansweredMs: 60_000 });
  assert.equal(nowMs, 20_000);
  assert.equal(report.counts.refined, 2);
  assert.equal(job.shapes.length, 2);
  assert.equal(patches(double), 1);
});

test('CVAT that stays away ends the work with an error after which the same call goes on', async (context) => {
  const { double, refine, inference } = await openTask(context);
  const job = addPlainJob(double, 19, 3);
  let isAway = false;
  double.interfere = ({ method }) => {
    isAway ||= method === 'PATCH' && patches(double) > 1;
    return isAway ? { kind: 'lose', done: false } : undefined;
  };
  await assert.rejects(refine({}, { maxWriteFrames: 1 }), refusedWith('CVAT_UNAVAILABLE'));
  const refinedBefore = inference.requests.length;
  double.interfere = () => undefined;
  const report = await refine({}, { maxWriteFrames: 1 });
  assert.equal(report.counts.refined, 6);
  assert.equal(job.shapes.length, 6);
  assert.ok(inference.requests.length - refinedBefore <= 2, 'the first frame is not refined again');
});

test('two cannot work on one task at the same time', async (context) => {
  const { double, refine, recordFile } = await openTask(context);
  addPlainJob(double, 19, 1);
  const record = await openTaskRecord(recordFile);
  await assert.rejects(refine(), refusedWith('CVAT_TASK_BUSY'));
  record.close();
  assert.equal((await refine()).counts.refined, 2);
});

test('of a single job only its shapes are touched', async (context) => {
  const { double, refine } = await openTask(context);
  const first = addPlainJob(double, 19, 1);
  const before = first.shapes;
  addPlainJob(double, 20, 1);
  assert.equal((await refine({ job: 20 })).counts.refined, 2);
  assert.equal(first.shapes, before);
  await assert.rejects(refine({ job: 21 }), refusedWith('CVAT_NOT_FOUND', { where: /job 21 of task 7/ }));
});
