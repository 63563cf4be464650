/**
 * Latency of `/predict` on a warm server: one 640×480 image with 1, 8 and 32 brush masks, first call (new image) and
 * repeated (embedding cached), median and p95; then 200 predictions in a row with the delay of the server's event loop.
 * Run: `npm run typecheck && node build/bench/predict.js`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { encodeBrushRle } from '../src/formats/label-studio-rle.js';
import { maskFromBitmap } from '../src/refiner/mask.js';

const WIDTH = 640;
const HEIGHT = 480;
const RUNS = 20;
const PORT = '19191';
const BASE = `http://127.0.0.1:${PORT}`;
const CONFIG =
  '<View><BrushLabels name="brush" toName="image"><Label value="Thing"/></BrushLabels>' +
  '<Image name="image" value="$image"/></View>';

/** Discs on a grid, with a texture that `seed` changes, so that every seed is another image. */
async function photograph(seed: number, discs: number): Promise<string> {
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const inside = disc(x, y, discs, 1) ? 150 : 20;
      for (let c = 0; c < 3; c++)
        pixels[(y * WIDTH + x) * 3 + c] = inside + 30 * c + ((x * 7 + y * 13 + seed) % 23);
    }
  }
  const file = await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg()
    .toBuffer();
  return `data:image/jpeg;base64,${file.toString('base64')}`;
}

function cellOf(discs: number): { columns: number; width: number; height: number } {
  const columns = Math.ceil(Math.sqrt(discs * 1.5));
  return { columns, width: WIDTH / columns, height: HEIGHT / Math.ceil(discs / columns) };
}

function disc(x: number, y: number, discs: number, scale: number): boolean {
  const cell = cellOf(discs);
  const index = Math.floor(y / cell.height) * cell.columns + Math.floor(x / cell.width);
  if (index >= discs) return false;
  const radius = 0.35 * scale * Math.min(cell.width, cell.height);
  return Math.hypot((x % cell.width) - cell.width / 2, (y % cell.height) - cell.height / 2) < radius;
}

/** The rough masks: each disc a fifth too large. */
function roughRegions(discs: number): object[] {
  const cell = cellOf(discs);
  return Array.from({ length: discs }, (_, index) => {
    const bitmap = new Uint8Array(WIDTH * HEIGHT);
    const left = (index % cell.columns) * cell.width;
    const top = Math.floor(index / cell.columns) * cell.height;
    for (let y = Math.ceil(top); y < Math.min(HEIGHT, top + cell.height); y++) {
      for (let x = Math.ceil(left); x < Math.min(WIDTH, left + cell.width); x++) {
        if (disc(x, y, discs, 1.2)) bitmap[y * WIDTH + x] = 1;
      }
    }
    const rle = [...encodeBrushRle(maskFromBitmap(bitmap, WIDTH, HEIGHT))];
    return {
      id: `region-${index}`,
      type: 'brushlabels',
      from_name: 'brush',
      to_name: 'image',
      original_width: WIDTH,
      original_height: HEIGHT,
      image_rotation: 0,
      value: { format: 'rle', rle, brushlabels: ['Thing'] },
    };
  });
}

async function predict(image: string, regions: object[]): Promise<number> {
  const body = JSON.stringify({
    tasks: [
      {
        id: 1,
        data: { image },
        annotations: [],
        predictions: [{ id: 1, model_version: 'rough', result: regions }],
      },
    ],
    project: '1.0',
    label_config: CONFIG,
    params: { context: null },
  });
  const start = performance.now();
  const response = await fetch(`${BASE}/predict`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  const answer = (await response.json()) as { results: { result?: { value: unknown }[] }[] };
  const ms = performance.now() - start;
  const answered = answer.results[0]?.result?.length ?? 0;
  if (answered !== regions.length)
    throw new Error(`expected ${regions.length} regions, received ${answered}`);
  return ms;
}

function quantile(times: readonly number[], q: number): string {
  const sorted = [...times].sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(0);
}

async function ready(): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (
      await fetch(`${BASE}/readyz`).then(
        (r) => r.ok,
        () => false,
      )
    )
      return;
    await delay(100);
  }
  throw new Error('the server did not become ready');
}

async function eventLoopP99Ms(): Promise<string> {
  const text = await (await fetch(`${BASE}/metrics`)).text();
  const line = /nodejs_eventloop_lag_p99_seconds ([\d.e+-]+)/.exec(text);
  return line?.[1] ? (1000 * Number(line[1])).toFixed(1) : 'unknown';
}

const server = spawn(process.execPath, ['build/src/cli.js', 'serve'], {
  // What is measured is the model: results of earlier calls are not to be answered.
  env: { ...process.env, PORT, LOG_LEVEL: 'error', SAMREFINER_RESULT_CACHE_MB: '0' },
  stdio: ['ignore', 'ignore', 'inherit'],
});
try {
  await ready();
  console.log(
    `${WIDTH}×${HEIGHT}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}\n`,
  );
  console.log('| masks | first call, median / p95 ms | cached, median / p95 ms |\n|---:|---:|---:|');
  let seed = 0;
  await predict(await photograph(seed++, 8), roughRegions(8));
  for (const discs of [1, 8, 32]) {
    const regions = roughRegions(discs);
    const first: number[] = [];
    const cached: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const image = await photograph(seed++, discs);
      first.push(await predict(image, regions));
      cached.push(await predict(image, regions));
    }
    const cell = (times: readonly number[]): string => `${quantile(times, 0.5)} / ${quantile(times, 0.95)}`;
    console.log(`| ${discs} | ${cell(first)} | ${cell(cached)} |`);
  }
  await eventLoopP99Ms();
  const images = await Promise.all(Array.from({ length: 10 }, () => photograph(seed++, 8)));
  const regions = roughRegions(8);
  for (let run = 0; run < 200; run++) await predict(images[run % images.length] ?? '', regions);
  console.log(
    `\nevent-loop delay of the server during 200 predictions of 8 masks: p99 ${await eventLoopP99Ms()} ms`,
  );
} finally {
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  await exited;
}
