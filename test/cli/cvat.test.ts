import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TaskReport } from '../../src/backend/cvat/task/task-report.js';
import { decodeCvatMask, encodeCvatMask } from '../../src/formats/cvat-mask.js';
import { shapeToMask } from '../../src/formats/shape-to-mask.js';
import { iou } from '../../src/refiner/metrics.js';
import { contents, maskShape } from '../backend/cvat/task/open-task.js';
import { temporaryFolder } from '../onnx/copied-pack.js';
import { DISC, DISC_IMAGE, discImage, ROUGH_DISC } from '../onnx/synthetic-image.js';
import { openCvatDouble } from '../support/cvat-double.js';

interface Outcome {
  readonly status: number;
  readonly text: string;
}

/** Runs `samrefiner cvat …` as a program of its own. */
function cvat(env: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<Outcome> {
  const child = fileURLToPath(new URL('cvat-child.js', import.meta.url));
  const all = { PATH: process.env['PATH'], ...env };
  return new Promise((resolve) => {
    const run = execFile(process.execPath, [child, 'cvat', ...words], { env: all }, (_, stdout, stderr) => {
      resolve({ status: run.exitCode ?? -1, text: stdout + stderr });
    });
  });
}

test('a task is refined on the command line with the embedded model, and taken back', async (context) => {
  const folder = await temporaryFolder(context);
  const double = await openCvatDouble();
  context.after(() => double.close());
  Object.assign(double, { frameSize: DISC_IMAGE, authorization: 'Bearer right' });
  double.frame = (_, frame) => discImage(frame);
  const job = double.addJob({ id: 19, stop_frame: 1 });
  const points = encodeCvatMask(await shapeToMask(ROUGH_DISC, DISC_IMAGE));
  for (const frame of [0, 1]) double.addShape(19, maskShape(frame, 0, 0, { points }));
  const before = contents(job.shapes);

  const env = { CVAT_URL: double.origin, SAMREFINER_ADAPTERS_DIR: folder, SAMREFINER_MODEL: 'lite' };
  const wrong = await cvat({ ...env, CVAT_ACCESS_TOKEN: 'wrong' }, 'undo', '--task', '7');
  assert.equal(wrong.status, 0, 'nothing was written, so nothing is asked');
  const refused = await cvat({ ...env, CVAT_ACCESS_TOKEN: 'wrong' }, 'refine', '--task', '7');
  assert.match(refused.text, /CVAT refused the credentials/);
  assert.ok(!refused.text.includes('wrong'));
  assert.notEqual(refused.status, 0);

  const right = { ...env, CVAT_ACCESS_TOKEN: 'right' };
  const file = join(folder, 'report.json');
  const dry = await cvat(right, 'refine', '--task', '7', '--mode', 'dry-run', '--report', file);
  assert.match(dry.text, /2 would be refined/);
  assert.deepEqual(contents(job.shapes), before);
  const refined = await cvat(right, 'refine', '--task', '7', '--labels', 'cat', '--report', file);
  assert.match(refined.text, /task 7, run 2, lite-\S+: 2 replaced, 0 kept/);
  assert.equal(refined.status, 0, refined.text);
  const report = JSON.parse(await readFile(file, 'utf8')) as TaskReport;
  assert.deepEqual(
    report.shapes.map(({ newId }) => newId),
    job.shapes.map(({ id }) => id),
  );
  const truth = await shapeToMask(DISC, DISC_IMAGE);
  for (const shape of job.shapes) assert.ok(iou(decodeCvatMask(shape.points, DISC_IMAGE), truth) > 0.95);

  const undone = await cvat(right, 'undo', '--task', '7');
  assert.match(undone.text, /task 7, run 2: 2 restored, 0 removed, 0 left alone/);
  assert.deepEqual(contents(job.shapes), before);
  const nothing = await cvat(right, 'undo', '--task', '7');
  assert.match(nothing.text, /nothing to take back/);
});

test('without an address of CVAT, or a task that is a number, the command says so', async (context) => {
  const env = { SAMREFINER_ADAPTERS_DIR: await temporaryFolder(context) };
  const noAddress = await cvat(env, 'undo', '--task', '7');
  assert.match(noAddress.text, /Expected CVAT_URL to be set/);
  assert.equal(noAddress.status, 1);
  assert.match((await cvat(env, 'refine', '--task', 'seven')).text, /integer of at least 1/);
  assert.match((await cvat(env, 'refine', '--task', '7', '--mode', 'over')).text, /replace, beside, dry-run/);
});
