import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { SMALL_CHECKPOINTS } from '../onnx/checkpoint-packs.js';
import { temporaryFolder } from '../onnx/copied-pack.js';
import { writeExport } from '../onnx/small-export.js';

interface Outcome {
  readonly status: number;
  readonly text: string;
}

/** Runs `samrefiner models …` as a program of its own, with a models folder. */
function models(modelsDir: string, ...words: readonly string[]): Promise<Outcome> {
  const child = fileURLToPath(new URL('models-child.js', import.meta.url));
  const env = { PATH: process.env['PATH'], SAMREFINER_MODELS_DIR: modelsDir };
  return new Promise((resolve) => {
    const run = execFile(process.execPath, [child, 'models', ...words], { env }, (_, stdout, stderr) => {
      resolve({ status: run.exitCode ?? -1, text: stdout + stderr });
    });
  });
}

test('a model’s life on the command line: add, list, info, verify, remove', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const { path, family } = SMALL_CHECKPOINTS.sam;

  const added = await models(modelsDir, 'add', path, '--name', 'mine', '--licence', 'CC0', '--copy');
  assert.match(added.text, /^mine \(sam-vit-32x4\) is installed; the file lies in the models folder/);
  assert.equal(added.status, 0);

  const { text: list } = await models(modelsDir, 'list');
  assert.match(list, /^mine +sam-vit-32x4 +0\.3 MB +CC0 +installed$/m);
  assert.match(list, /^lite +lite +5\.6 MB +Apache-2\.0 +installed/m);
  assert.match(list, /^sam-vit-h +sam-vit-h +2565 MB +Apache-2\.0 +`samrefiner models pull sam-vit-h`$/m);

  const { text: info } = await models(modelsDir, 'info', 'mine');
  assert.match(info, new RegExp(`^family +${family}$`, 'm'));
  assert.match(info, /^parameters +0\.1 million$/m);
  assert.match((await models(modelsDir, 'info')).text, /^name +lite \(taken by auto\)$/m);
  const { text: published } = await models(modelsDir, 'info', 'sam-vit-b');
  assert.match(published, /not installed.*pull sam-vit-b/);
  assert.match(published, /^time +up to \d+ s/m);

  assert.deepEqual(await models(modelsDir, 'verify', 'mine'), { status: 0, text: 'mine: whole\n' });
  await rename(join(modelsDir, 'mine', 'sam.pth'), join(modelsDir, 'gone.pth'));
  const broken = await models(modelsDir, 'verify');
  assert.match(broken.text, /^mine: A file of the model pack is missing/m);
  assert.match(broken.text, /^lite: whole$/m);
  assert.equal(broken.status, 1);

  assert.match((await models(modelsDir, 'remove', 'mine')).text, /is removed\.$/m);
  assert.doesNotMatch((await models(modelsDir, 'list')).text, /^mine/m);
});

test('an unknown name to pull is answered with the known ones', async (t) => {
  const { status, text } = await models(await temporaryFolder(t), 'pull', 'sam-vit-x');
  assert.notEqual(status, 0);
  assert.match(text, /mobile-sam.*hq-vit-h/);
});

test('an ONNX export is added from its folder, and refused with what is missing', async (t) => {
  const modelsDir = await temporaryFolder(t);
  const folder = await writeExport(await temporaryFolder(t));
  const refused = await models(modelsDir, 'add', folder);
  assert.notEqual(refused.status, 0);
  assert.match(refused.text, /--encoder-input normalised/);

  const decoder = join(folder, 'decoder.onnx');
  const encoder = join(folder, 'encoder.onnx');
  const stated = ['--encoder', encoder, '--encoder-input', 'normalised'];
  const added = await models(modelsDir, 'add', decoder, ...stated, '--name', 'exported');
  assert.equal(
    added.text,
    `exported (sam-onnx) is installed; the file stays at ${encoder} and must not move.\n`,
  );
  assert.match((await models(modelsDir, 'list')).text, /^exported +sam-onnx /m);
  assert.match(
    (await models(modelsDir, 'info', 'exported')).text,
    /^source +encoder\.onnx and decoder\.onnx/m,
  );
  assert.match((await models(modelsDir, 'remove', 'exported')).text, /encoder\.onnx stays\.$/m);
});
