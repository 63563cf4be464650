/**
 * What an annotator waits for after a smart click in a mask, from request to answer, on a warm server: at 640×480 with
 * the image seen before, one mask and forty masks on it, median and p95; then the first click on new 12-megapixel
 * JPEGs, which includes decoding and encoding them.
 * Run: `npm run typecheck && node build/bench/interactive.js`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { encodeBrushRle } from '../src/formats/label-studio-rle.js';
import { shapeToMask } from '../src/formats/shape-to-mask.js';
import type { Size } from '../src/refiner/types.js';

const SMALL: Size = { width: 640, height: 480 };
const LARGE: Size = { width: 4000, height: 3000 };
const CLICKS = 40;
const FIRST_CLICKS = 5;
const PORT = '19192';
const BASE = `http://127.0.0.1:${PORT}`;
const CONFIG =
  '<View><BrushLabels name="brush" toName="image" smart="false"><Label value="Thing"/></BrushLabels>' +
  '<KeyPoint name="refine" toName="image" smart="true" smartOnly="true"/><Image name="image" value="$image"/></View>';

interface Disc {
  /** Percent of the image. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Discs on a grid, as large as leaves room for rough masks around them. */
function discsOf(count: number): readonly Disc[] {
  const columns = Math.ceil(Math.sqrt(count));
  const cell = 100 / columns;
  return Array.from({ length: count }, (_, i) => ({
    x: ((i % columns) + 0.5) * cell,
    y: (Math.floor(i / columns) + 0.5) * cell,
    radius: 0.3 * cell,
  }));
}

/** The discs on a ground, both with noise that `seed` changes, so that every seed is another image. */
async function photograph({ width, height }: Size, discs: readonly Disc[], seed: number): Promise<string> {
  const circles = discs.map(
    ({ x, y, radius }) => `<ellipse cx="${x}%" cy="${y}%" rx="${radius}%" ry="${radius}%" fill="#d09060"/>`,
  );
  const drawing = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${circles.join('')}</svg>`,
  );
  const noise = await sharp({
    create: {
      width,
      height,
      channels: 3,
      background: 'grey',
      noise: { type: 'gaussian', mean: 128, sigma: 12 },
    },
  })
    .linear(0.6, seed % 23)
    .png({ compressionLevel: 0 })
    .toBuffer();
  const file = await sharp(noise)
    .composite([{ input: drawing, blend: 'hard-light' }])
    .jpeg()
    .toBuffer();
  return `data:image/jpeg;base64,${file.toString('base64')}`;
}

/** The rough masks: each disc a sixth too large. */
async function roughRegions(size: Size, discs: readonly Disc[]): Promise<object[]> {
  return Promise.all(
    discs.map(async ({ x, y, radius }, index) => {
      const radii = { radiusX: radius * 1.17, radiusY: radius * 1.17, rotationDegrees: 0 };
      const mask = await shapeToMask({ kind: 'ellipse', unit: 'percent', x, y, ...radii }, size);
      return {
        id: `region-${index}`,
        type: 'brushlabels',
        from_name: 'brush',
        to_name: 'image',
        original_width: size.width,
        original_height: size.height,
        image_rotation: 0,
        value: { format: 'rle', rle: [...encodeBrushRle(mask)], brushlabels: ['Thing'] },
      };
    }),
  );
}

/** One click in the middle of the first disc; milliseconds until its refined mask is here. */
async function click(image: string, size: Size, discs: readonly Disc[], regions: object[]): Promise<number> {
  const { x, y } = discs[0] ?? { x: 50, y: 50 };
  const prompt = {
    id: 'click',
    type: 'keypoint',
    from_name: 'refine',
    to_name: 'image',
    original_width: size.width,
    original_height: size.height,
    value: { x, y, width: 0.5, labels: [] },
    is_positive: true,
  };
  const task = {
    id: 1,
    data: { image },
    drafts: [],
    annotations: [{ id: 1, was_cancelled: false, result: regions }],
    predictions: [],
  };
  const body = JSON.stringify({
    tasks: [task],
    project: '1.0',
    label_config: CONFIG,
    params: { context: { result: [prompt] } },
  });
  const start = performance.now();
  const response = await fetch(`${BASE}/predict`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  const answer = (await response.json()) as { results: { result: { id: string; origin?: string }[] }[] };
  const ms = performance.now() - start;
  const [region, ...others] = answer.results[0]?.result ?? [];
  if (region?.id !== 'region-0' || region.origin !== 'prediction' || others.length > 0) {
    throw new Error(`expected region-0 refined, received ${JSON.stringify(answer).slice(0, 300)}`);
  }
  return ms;
}

function quantile(times: readonly number[], q: number): string {
  const sorted = [...times].sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(0);
}

async function ready(): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const isReady = await fetch(`${BASE}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await delay(100);
  }
  throw new Error('the server did not become ready');
}

async function seenBefore(maskCount: number): Promise<readonly number[]> {
  const discs = discsOf(maskCount);
  const image = await photograph(SMALL, discs, maskCount);
  const regions = await roughRegions(SMALL, discs);
  await click(image, SMALL, discs, regions);
  const times: number[] = [];
  for (let run = 0; run < CLICKS; run++) times.push(await click(image, SMALL, discs, regions));
  return times;
}

async function firstClicks(): Promise<readonly number[]> {
  const discs = discsOf(1);
  const regions = await roughRegions(LARGE, discs);
  const times: number[] = [];
  for (let run = 0; run < FIRST_CLICKS; run++) {
    const image = await photograph(LARGE, discs, run);
    times.push(await click(image, LARGE, discs, regions));
  }
  return times;
}

const server = spawn(process.execPath, ['build/src/cli.js', 'serve'], {
  env: { ...process.env, PORT, SAMREFINER_CVAT_PORT: '0', LOG_LEVEL: 'error' },
  stdio: ['ignore', 'ignore', 'inherit'],
});
try {
  await ready();
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}\n`);
  console.log('| click | median ms | p95 ms |\n|---|---:|---:|');
  const row = (name: string, times: readonly number[]): void =>
    console.log(`| ${name} | ${quantile(times, 0.5)} | ${quantile(times, 0.95)} |`);
  row('640×480 seen before, 1 mask', await seenBefore(1));
  row('640×480 seen before, 40 masks', await seenBefore(40));
  row('first on a new 12-megapixel JPEG', await firstClicks());
} finally {
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  await exited;
}
