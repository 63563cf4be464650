import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { fitPlaceOf } from '../../src/cli/fit-input.js';
import { encodeCvatMask } from '../../src/formats/cvat-mask.js';
import { shapeToMask } from '../../src/formats/shape-to-mask.js';
import { maskShape } from '../backend/cvat/task/open-task.js';
import { temporaryFolder } from '../onnx/copied-pack.js';
import { DISC, DISC_IMAGE, discImage } from '../onnx/synthetic-image.js';
import { openCvatDouble } from '../support/cvat-double.js';
import { openLabelStudio } from '../support/label-studio/open-label-studio.js';
import { projectOf } from '../support/label-studio/state.js';
import { PERSONAL_TOKEN } from '../support/label-studio/tokens.js';
import { refusedWith } from '../support/refusals.js';

interface Outcome {
  readonly status: number;
  readonly text: string;
}

/** Runs `samrefiner fit …` as a program of its own. */
function fit(env: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<Outcome> {
  const child = fileURLToPath(new URL('adapters-child.js', import.meta.url));
  const all = { PATH: process.env['PATH'], SAMREFINER_MODEL: 'lite', ...env };
  return new Promise((resolve) => {
    const run = execFile(process.execPath, [child, 'fit', ...words], { env: all }, (_, stdout, stderr) => {
      resolve({ status: run.exitCode ?? -1, text: stdout + stderr });
    });
  });
}

/** Too few images to learn from, but all of them read and asked about. */
function assertRead({ status, text }: Outcome, images: number): void {
  const counts =
    /^lite-\S+: (\d+) masks to learn from and (\d+) held out, of (\d+) images, prompt all$/m.exec(text);
  assert.ok(counts, text);
  const [, training, heldOut, found] = counts.map(Number);
  assert.equal(found, images);
  assert.equal((training ?? 0) + (heldOut ?? 0), images);
  assert.match(text, /^refused \(.*\): .*; nothing was kept$/m);
  assert.equal(status, 1);
}

test('fit learns from a COCO file whose images lie beside it or in a folder that is named', async (context) => {
  const folder = await temporaryFolder(context);
  const photos = join(folder, 'photos');
  await mkdir(photos);
  const { width, height } = DISC_IMAGE;
  const corners = [100, 60, 220, 60, 220, 180, 100, 180];
  const images = [1, 2, 3].map((id) => ({ id, file_name: `photo-${id}.png`, width, height }));
  for (const { id, file_name: name } of images) await writeFile(join(photos, name), await discImage(id));
  const annotations = images.map(({ id }) => ({ id, image_id: id, segmentation: [corners] }));
  const file = JSON.stringify({ images, annotations, categories: [] });
  await writeFile(join(photos, 'instances.json'), file);
  await writeFile(join(folder, 'instances.json'), file);
  const env = { SAMREFINER_ADAPTERS_DIR: join(folder, 'adapters') };
  assertRead(await fit(env, '--coco', join(photos, 'instances.json'), '--project', 'discs'), 3);
  const apart = ['--coco', join(folder, 'instances.json'), '--data', photos, '--project', 'discs'];
  assertRead(await fit(env, ...apart), 3);
  const lost = await fit(env, '--coco', join(folder, 'instances.json'), '--project', 'discs');
  assert.match(lost.text, /^photo-1\.png is left out: The image was not found/m);
  await assert.rejects(readdir(env.SAMREFINER_ADAPTERS_DIR), { code: 'ENOENT' });
});

test('fit learns from the annotations of a Label Studio project', async (context) => {
  const double = await openLabelStudio(context);
  const region = {
    ...{ id: 'r', type: 'polygonlabels', from_name: 'poly', to_name: 'image' },
    ...{ original_width: DISC_IMAGE.width, original_height: DISC_IMAGE.height },
    value: { points: [[31, 25], [69, 25], [69, 75], [31, 75]], polygonlabels: ['Ball'] }, // prettier-ignore
  };
  const tasks = [1, 2].map((id) => ({
    id,
    data: { image: `/data/upload/7/${id}.png` },
    annotations: [{ id, completed_by: 1, was_cancelled: false, updated_at: '2026-01-01T00:00:00Z', result: [region] }], // prettier-ignore
  }));
  for (const { id } of tasks)
    double.state.uploads.set(`upload/7/${id}.png`, Buffer.from(await discImage(id)));
  const config =
    '<View><PolygonLabels name="poly" toName="image"><Label value="Ball"/></PolygonLabels><Image name="image" value="$image"/></View>';
  double.state.projects.push(projectOf(7, config, tasks));
  const env = {
    ...{ LABEL_STUDIO_URL: double.origin, LABEL_STUDIO_API_KEY: PERSONAL_TOKEN },
    SAMREFINER_ADAPTERS_DIR: await temporaryFolder(context),
  };
  assertRead(await fit(env, '--label-studio-project', '7'), 2);
  assert.match((await fit(env, '--label-studio-project', '8')).text, /Label Studio does not have/);
});

test('fit learns from the completed jobs of a CVAT project', async (context) => {
  const double = await openCvatDouble();
  context.after(() => double.close());
  Object.assign(double, { frameSize: DISC_IMAGE, authorization: 'Bearer right' });
  double.frame = (_, frame) => discImage(frame);
  double.addJob({ id: 19, stop_frame: 1, state: 'completed' });
  const points = encodeCvatMask(await shapeToMask(DISC, DISC_IMAGE));
  for (const frame of [0, 1]) double.addShape(19, maskShape(frame, 0, 0, { points }));
  const env = { CVAT_URL: double.origin, SAMREFINER_ADAPTERS_DIR: await temporaryFolder(context) };
  assertRead(await fit({ ...env, CVAT_ACCESS_TOKEN: 'right' }, '--cvat-project', '4'), 2);
  const wrong = await fit({ ...env, CVAT_ACCESS_TOKEN: 'wrong' }, '--cvat-project', '4');
  assert.match(wrong.text, /CVAT refused the credentials/);
  assert.match((await fit({}, '--cvat-project', '4')).text, /Expected CVAT_URL to be set/);
});

test('the projects of platforms are kept under the name that the server uses, unless another is given', () => {
  assert.equal(fitPlaceOf({ labelStudioProject: 7 }).project, 'label-studio-7');
  assert.equal(fitPlaceOf({ cvatProject: 4 }).project, 'cvat-4');
  assert.equal(fitPlaceOf({ cvatProject: 4, project: 'cells' }).project, 'cells');
});

test('one place with true masks is asked for, and a name where it has none', () => {
  for (const flags of [
    ...[{}, { data: 'a', cvatProject: 4 }, { cvatProject: 4, labelStudioProject: 7 }],
    ...[
      { coco: 'a.json', masks: 'b', data: 'c' },
      { cvatProject: 4, masks: 'b' },
    ],
  ]) {
    assert.throws(() => fitPlaceOf({ project: 'x', ...flags }), refusedWith('CONFIG_INVALID', { expected: /^one of --data, --coco/ })); // prettier-ignore
  }
  for (const flags of [{ data: 'a' }, { coco: 'a.json' }]) {
    assert.throws(() => fitPlaceOf(flags), refusedWith('CONFIG_INVALID', { expected: /^--project/ }));
  }
});
