/**
 * What refining all masks of the reference's first photograph costs, from its file to the refined masks.
 *
 *     node build/bench/pipeline-cost.js DIRECTORY [rounds, by default 5] [--requests]
 *
 * DIRECTORY as for pipeline-parity.ts; `make_reference.py --time ROUNDS` prints the same of the official program. CPU
 * seconds are the process's with one thread. With `--requests` instead the milliseconds of requests to a pool of one
 * worker with as many threads as cores: the first of an image, and the same again.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeMaskImage } from '../src/formats/mask-image.js';
import { decodeImage } from '../src/onnx/decode-image.js';
import type { RefineRequest } from '../src/onnx/inference.js';
import { openModel } from '../src/onnx/model.js';
import { loadPack } from '../src/onnx/pack.js';
import { openInferencePool } from '../src/onnx/pool.js';
import { refineMasks } from '../src/refiner/refine.js';
import {
  optionsOf,
  readReference,
  type ReferencePhotograph,
  withInstalledPack,
} from './pipeline-reference.js';

const [directory = '', ...rest] = process.argv.slice(2);
const rounds = Number(rest.find((each) => !each.startsWith('--')) ?? 5);
const maxPixels = 100_000_000;

const { checkpoint, photographs } = await readReference(directory);
const photograph = firstOf(photographs);
const file = await readFile(join(directory, photograph.photograph));
const roughFiles = await Promise.all(photograph.masks.map(({ rough }) => readFile(join(directory, rough))));
const options = optionsOf({ rounds, margin: 0 });
const what = `${roughFiles.length} masks, ${rounds} rounds`;

await withInstalledPack(join(directory, checkpoint), async (folder) => {
  await (rest.includes('--requests') ? timeRequests(folder) : timeWholeCall(folder));
});

function firstOf(all: readonly ReferencePhotograph[]): ReferencePhotograph {
  const [first] = all;
  if (!first) throw new Error('the reference has no photograph');
  return first;
}

async function timeWholeCall(folder: string): Promise<void> {
  const pack = await loadPack(folder);
  const model = await timed('open the model', () => openModel(pack, { threads: 1 }));
  const masks = await Promise.all(roughFiles.map((bytes) => decodeMaskImage(bytes, photograph)));
  await timed(`ours, ${what}`, async () => {
    const image = await decodeImage(file, { orientation: 'exif', maxPixels });
    const embedding = await timed('  of which decode and encode', () => model.encode(image));
    await refineMasks(masks, model.decoderFor(embedding), options);
  });
  await model.close();
}

async function timeRequests(folder: string): Promise<void> {
  const pool = await timed('open the pool, ready', () =>
    openInferencePool({
      packDirectory: folder,
      workers: 1,
      threadsPerWorker: 0,
      cacheBytes: 256e6,
      maxQueued: 10,
      maxPixels,
      hangTimeoutMs: 300_000,
    }),
  );
  const request: RefineRequest = {
    image: file,
    orientation: 'exif',
    shapes: roughFiles.map((bytes) => ({
      shape: { kind: 'image', bytes },
      semantic: false,
      output: { kind: 'brush-rle' },
      madeFor: null,
    })),
    options,
    lane: 'interactive',
  };
  for (const name of ['first request', 'cached request', 'cached request', 'cached request']) {
    const { times } = await timed(`${name}, ${what}`, () => pool.refine(request, { deadlineMs: 300_000 }));
    console.log(
      Object.entries(times)
        .map(([stage, ms]) => `  ${stage} ${Number(ms).toFixed(0)}`)
        .join(''),
    );
  }
  await pool.close();
}

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = ((user + system) / 1e6).toFixed(2);
  console.log(`${name}: ${cpuSeconds} CPU s, ${((performance.now() - start) / 1000).toFixed(2)} s`);
  return result;
}
