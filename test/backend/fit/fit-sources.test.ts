import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { cocoSource } from '../../../src/backend/fit/coco-source.js';
import { type FitImage, registerSource, type RegisteredSource } from '../../../src/backend/fit/fit-source.js';
import { folderSource } from '../../../src/backend/fit/folder-source.js';
import { JsonParser } from '../../../src/backend/json-parser.js';
import { RefinerError } from '../../../src/errors.js';
import { temporaryFolder } from '../jobs/open-queue.js';
import { writeFolder } from './open-fit.js';

const { signal } = new AbortController();

async function listed(source: RegisteredSource, input: object): Promise<readonly FitImage[]> {
  const images: FitImage[] = [];
  for await (const batch of source.batches(await source.check(input), signal)) {
    images.push(...batch.images);
    assert.ok(batch.total >= images.length);
  }
  return images;
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof RefinerError && error.code === code;
}

test('a folder gives each image with its masks and, where there are some, the rough ones', async (context) => {
  const dataDir = await temporaryFolder(context);
  await writeFolder(dataDir, 3);
  await writeFile(join(dataDir, 'masks', '1.second.png'), 'second');
  const source = registerSource(folderSource({ dataDir, maxImageBytes: 1000 }));
  const input = { source: 'folder', images: 'images', masks: 'masks' };
  const images = await listed(source, input);
  assert.deepEqual(
    images.map(({ name, masks }) => [name, masks]),
    [
      ['0.png', 1],
      ['1.png', 2],
      ['2.png', 1],
    ],
  );
  const loaded = await images[1]?.load(signal);
  assert.equal(Buffer.from(loaded?.bytes ?? []).toString(), 'images 1');
  assert.equal(loaded?.objects.length, 2);
  assert.equal(loaded.objects[0]?.rough, null);

  await mkdir(join(dataDir, 'rough'));
  await writeFile(join(dataDir, 'rough', '0.png'), 'rough 0');
  const [withRough] = await listed(source, { ...input, rough: 'rough' });
  const rough = (await withRough?.load(signal))?.objects[0]?.rough;
  assert.deepEqual(rough, { kind: 'image', bytes: Buffer.from('rough 0') });
  await rm(join(dataDir, 'images', '2.png'));
  await assert.rejects(Promise.resolve(images[2]?.load(signal)), hasCode('IMAGE_NOT_FOUND'));
});

test('folders outside, the same folder twice and a server without a data folder are refused', async (context) => {
  const dataDir = await temporaryFolder(context);
  await writeFolder(dataDir, 1);
  const source = registerSource(folderSource({ dataDir, maxImageBytes: 1000 }));
  const input = { source: 'folder', images: 'images', masks: 'masks' };
  await assert.rejects(source.check({ ...input, masks: '../..' }), hasCode('JOB_FOLDER_INVALID'));
  await assert.rejects(source.check({ ...input, masks: 'images/.' }), hasCode('JOB_FOLDER_INVALID'));
  await assert.rejects(source.check({ ...input, images: 7 }), hasCode('BODY_INVALID'));
  const closed = registerSource(folderSource({ dataDir: null, maxImageBytes: 1000 }));
  await assert.rejects(closed.check(input), hasCode('JOB_KIND_REFUSED'));
  assert.deepEqual(
    JSON.stringify(await source.check({ masks: 'masks', images: 'images', source: 'folder' })),
    JSON.stringify(await source.check(input)),
  );
});

test('a COCO file gives polygons and run lengths by image, crowds and images without masks apart', async (context) => {
  const dataDir = await temporaryFolder(context);
  const json = new JsonParser({ maxDepth: 50, maxNodes: 10_000 });
  context.after(() => json.close());
  await mkdir(join(dataDir, 'photos', 'sub'), { recursive: true });
  await writeFile(join(dataDir, 'photos', 'sub', 'a.jpg'), 'photo a');
  const ring = [0, 0, 4, 0, 4, 4];
  await writeFile(
    join(dataDir, 'instances.json'),
    JSON.stringify({
      images: [
        { id: 1, file_name: 'sub/a.jpg', width: 8, height: 6 },
        { id: 2, file_name: 'b.jpg' },
        { id: 3, file_name: 'none.jpg' },
        { id: 4, file_name: '../../etc/passwd' },
      ],
      annotations: [
        { image_id: 1, segmentation: [ring, ring] },
        { image_id: 1, segmentation: { size: [6, 8], counts: [0, 48] }, iscrowd: 1 },
        { image_id: 1, segmentation: { size: [6, 8], counts: [40, 8] }, iscrowd: 0 },
        { image_id: 1, segmentation: 'odd' },
        { image_id: 2, segmentation: { size: [6, 8], counts: 'X0' } },
        { image_id: 4, segmentation: [ring] },
        { image_id: 9, segmentation: [ring] },
      ],
    }),
  );
  const source = registerSource(cocoSource({ dataDir, maxImageBytes: 1000, json }));
  const input = { source: 'coco', images: 'photos', file: 'instances.json' };
  const images = await listed(source, input);
  assert.deepEqual(
    images.map(({ name, masks }) => [name, masks]),
    [
      ['sub/a.jpg', 2],
      ['b.jpg', 1],
      ['../../etc/passwd', 1],
    ],
  );
  const first = await images[0]?.load(signal);
  assert.equal(Buffer.from(first?.bytes ?? []).toString(), 'photo a');
  assert.deepEqual(
    first?.objects.map(({ truth, madeFor }) => [truth.kind, madeFor]),
    [
      ['polygon', { width: 8, height: 6 }],
      ['coco-rle', { width: 8, height: 6 }],
    ],
  );
  await assert.rejects(Promise.resolve(images[1]?.load(signal)), hasCode('IMAGE_NOT_FOUND'));
  await assert.rejects(Promise.resolve(images[2]?.load(signal)), hasCode('JOB_FOLDER_INVALID'));
  await writeFile(join(dataDir, 'odd.json'), '{"images": 1}');
  await assert.rejects(listed(source, { ...input, file: 'odd.json' }), hasCode('MASK_NOT_READABLE'));
  await assert.rejects(listed(source, { ...input, file: 'missing.json' }), hasCode('IMAGE_NOT_FOUND'));
});
