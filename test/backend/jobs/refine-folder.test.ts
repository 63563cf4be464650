import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { folderBelow } from '../../../src/backend/jobs/data-folder.js';
import { pairFolders } from '../../../src/backend/jobs/folder-pairs.js';
import { type ImageReport, refineFolderRunner } from '../../../src/backend/jobs/refine-folder.js';
import { REFINE_FOLDER_RESULT_SCHEMA } from '../../../src/backend/jobs/refine-folder-schema.js';
import { compileSchema } from '../../../src/backend/validate.js';
import { RefinerError } from '../../../src/errors.js';
import { PRESETS } from '../../../src/refiner/presets.js';
import { dilatingInference } from '../label-studio/dilating-inference.js';
import { temporaryFolder } from './open-queue.js';

const PROGRAM = fileURLToPath(new URL('./refine-folder-child.js', import.meta.url));

interface FolderResult {
  readonly model: string;
  readonly counts: { readonly refined: number; readonly kept: number; readonly failed: number };
  readonly images: readonly ImageReport[];
}

const checkResult = compileSchema<FolderResult>(REFINE_FOLDER_RESULT_SCHEMA);

/** Images `0.png` … whose width is 20 plus their number, each with a mask of one white square. */
async function makeData(folder: string, images: number): Promise<void> {
  await Promise.all(['images', 'masks'].map((name) => mkdir(join(folder, name), { recursive: true })));
  const square = await sharp({ create: { width: 6, height: 6, channels: 3, background: 'white' } })
    .png()
    .toBuffer();
  for (let index = 0; index < images; index++) {
    const create = { width: 20 + index, height: 20, channels: 3, background: 'black' } as const;
    await sharp({ create })
      .png()
      .toFile(join(folder, 'images', `${index}.png`));
    await sharp({ create })
      .composite([{ input: square, left: 5, top: 5 }])
      .png()
      .toFile(join(folder, 'masks', `${index}.png`));
  }
}

/** Runs the program until it stands still, and kills it there, or until its end; answers what it said. */
async function live(folder: string, stuckAt: number): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, folder, String(stuckAt)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes('stuck')) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return said;
}

test('a folder job that is killed twice goes on where it was: nothing is lost, nothing saved is done again', async (context) => {
  const folder = await temporaryFolder(context);
  await makeData(folder, 6);
  assert.equal(await live(folder, 3), 'stuck\n');
  assert.deepEqual((await readdir(join(folder, 'out'))).sort(), ['0.png', '1.png']);
  assert.equal(await live(folder, 2), 'stuck\n');
  const job = JSON.parse(await live(folder, 0)) as { readonly result: unknown; readonly attempts: number };
  const begun = (await readFile(join(folder, 'begun.log'), 'utf8')).trim().split('\n').map(Number);
  // Twice only those that were in the middle when the process died.
  assert.deepEqual(begun, [20, 21, 22, 22, 23, 23, 24, 25]);
  const result = checkResult(job.result);
  assert.equal(job.attempts, 3);
  assert.deepEqual(result.counts, { refined: 6, kept: 0, failed: 0 });
  const names = ['0.png', '1.png', '2.png', '3.png', '4.png', '5.png'];
  assert.deepEqual(
    result.images.map(({ image }) => image),
    names,
  );
  assert.deepEqual((await readdir(join(folder, 'out'))).sort(), names);
});

test('an image that cannot be read is reported and the others are refined', async (context) => {
  const folder = await temporaryFolder(context);
  await makeData(folder, 2);
  await writeFile(join(folder, 'images', '0.png'), 'no image');
  const inference = dilatingInference();
  const runner = refineFolderRunner({
    ...{ dataDir: folder, inference, options: PRESETS.paper, maxImageBytes: 1e6 },
  });
  const input = await runner.check({ images: 'images', masks: 'masks', out: 'new/out' }, 'a');
  const { signal } = new AbortController();
  const result = checkResult(
    await runner.run(input, { project: 'a', signal, saved: new Map(), save: () => Promise.resolve() }),
  );
  assert.deepEqual(result.counts, { refined: 1, kept: 0, failed: 1 });
  assert.equal(result.images[0]?.masks[0]?.reason, 'IMAGE_NOT_READABLE');
  assert.deepEqual(await readdir(join(folder, 'new/out')), ['1.png']);
  assert.equal(inference.requests[0]?.lane, 'batch');
});

test('paths and links that lead out of the data folder are refused, and nothing is made there', async (context) => {
  const outside = await temporaryFolder(context);
  const root = join(outside, 'data');
  await mkdir(join(root, 'images'), { recursive: true });
  await mkdir(join(outside, 'data-of-others'));
  await symlink(outside, join(root, 'link'));
  for (const named of [
    '..',
    '../data-of-others',
    'images/../../x',
    '/etc',
    'link',
    'link/new',
    'a\0b',
    '/',
  ]) {
    await assert.rejects(
      folderBelow(root, named, true),
      (error) => error instanceof RefinerError && error.code === 'JOB_FOLDER_INVALID',
      named,
    );
  }
  await assert.rejects(folderBelow(root, 'missing'), RefinerError);
  assert.deepEqual((await readdir(outside)).sort(), ['data', 'data-of-others']);
  assert.ok((await folderBelow(root, 'images/../new/..name', true)).endsWith('..name'));
  await writeFile(join(outside, 'secret.png'), 'x');
  await symlink(join(outside, 'secret.png'), join(root, 'images', 'a.png'));
  await assert.rejects(pairFolders(join(root, 'images'), join(root, 'images')), RefinerError);
});

test('refined masks never overwrite the rough ones, nor one another', async (context) => {
  const folder = await temporaryFolder(context);
  await makeData(folder, 1);
  const runner = refineFolderRunner({
    ...{ dataDir: folder, inference: dilatingInference(), options: PRESETS.paper, maxImageBytes: 1e6 },
  });
  for (const out of ['masks', 'images', './masks/']) {
    await assert.rejects(runner.check({ images: 'images', masks: 'masks', out }, 'a'), RefinerError);
  }
  await writeFile(join(folder, 'masks', '0.jpg'), 'x');
  await assert.rejects(pairFolders(join(folder, 'images'), join(folder, 'masks')), /two masks for 0.png/);
});
