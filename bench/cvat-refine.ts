/**
 * Latency of CVAT's calls of `samrefiner-refine` on a warm server: 1, 10 and 50 masks on a 1920×1080 frame, first call
 * (new image) and repeated (embedding cached), median and p95.
 * Run: `npm run typecheck && node build/bench/cvat-refine.js`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus, tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { encodeCvatMask } from '../src/formats/cvat-mask.js';
import { maskFromBitmap } from '../src/refiner/mask.js';

const WIDTH = 1920;
const HEIGHT = 1080;
const RUNS = 5;
/** A few discs may be kept as they are. */
const LEAST_REFINED = 0.8;
const PORT = '19280';
const CVAT_PORT = '19281';

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

function discs(count: number): readonly Disc[] {
  const columns = Math.ceil(Math.sqrt(count * (WIDTH / HEIGHT)));
  const [width, height] = [WIDTH / columns, HEIGHT / Math.ceil(count / columns)];
  return Array.from({ length: count }, (_, i) => ({
    x: ((i % columns) + 0.5) * width,
    y: (Math.floor(i / columns) + 0.5) * height,
    radius: 0.35 * Math.min(width, height),
  }));
}

/** Base64 of a frame with discs and a texture that `seed` changes, so that every seed is another image. */
async function frame(seed: number, shown: readonly Disc[]): Promise<string> {
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let i = 0; i < WIDTH * HEIGHT; i++) pixels.fill(20 + ((i * 7 + seed) % 23), i * 3, i * 3 + 3);
  for (const { x, y, radius } of shown) {
    for (let row = Math.ceil(y - radius); row < y + radius; row++) {
      const half = Math.sqrt(Math.max(0, radius ** 2 - (row - y) ** 2));
      pixels.fill(190, (row * WIDTH + Math.ceil(x - half)) * 3, (row * WIDTH + Math.floor(x + half)) * 3);
    }
  }
  const file = await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg()
    .toBuffer();
  return file.toString('base64');
}

/** The rough masks: each disc a fifth too large. */
function roughMasks(shown: readonly Disc[]): object[] {
  return shown.map(({ x, y, radius }) => {
    const bitmap = new Uint8Array(WIDTH * HEIGHT);
    const rough = radius * 1.2;
    for (let row = Math.max(0, Math.ceil(y - rough)); row < Math.min(HEIGHT, y + rough); row++) {
      const half = Math.sqrt(Math.max(0, rough ** 2 - (row - y) ** 2));
      bitmap.fill(1, row * WIDTH + Math.ceil(x - half), row * WIDTH + Math.floor(x + half));
    }
    return { type: 'mask', points: encodeCvatMask(maskFromBitmap(bitmap, WIDTH, HEIGHT)) };
  });
}

async function call(image: string, shapes: readonly object[]): Promise<number> {
  const body = JSON.stringify({ image, shapes, states: [] });
  const start = performance.now();
  const response = await fetch(`http://127.0.0.1:${CVAT_PORT}/api/function_invocations`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'x-nuclio-function-name': 'samrefiner-refine' },
    body,
  });
  if (!response.ok) throw new Error(response.statusText);
  const answer = (await response.json()) as { readonly shapes: readonly unknown[] };
  const ms = performance.now() - start;
  const refined = answer.shapes.filter((shape) => shape !== null).length;
  if (refined < LEAST_REFINED * shapes.length)
    throw new Error(`${refined} of ${shapes.length} masks refined`);
  return ms;
}

function cell(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const quantile = (q: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0).toFixed(0);
  return `${quantile(0.5)} / ${quantile(0.95)}`;
}

async function ready(): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const isReady = await fetch(`http://127.0.0.1:${PORT}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isReady) return;
    await delay(100);
  }
  throw new Error('the server did not become ready');
}

const folder = await mkdtemp(join(tmpdir(), 'samrefiner-bench-'));
const server = spawn(process.execPath, ['build/src/cli.js', 'serve'], {
  env: {
    ...process.env,
    PORT,
    SAMREFINER_CVAT_PORT: CVAT_PORT,
    SAMREFINER_ADAPTERS_DIR: folder,
    LOG_LEVEL: 'error',
  },
  stdio: ['ignore', 'ignore', 'inherit'],
});
try {
  await ready();
  const [cpu] = cpus();
  console.log(`${WIDTH}×${HEIGHT}, ${cpus().length} × ${cpu?.model ?? 'unknown'}, Node ${process.version}\n`);
  console.log('| masks | first call, median / p95 ms | repeated, median / p95 ms |\n|---:|---:|---:|');
  let seed = 0;
  await call(await frame(seed++, discs(1)), roughMasks(discs(1)));
  for (const count of [1, 10, 50]) {
    const shown = discs(count);
    const masks = roughMasks(shown);
    const first: number[] = [];
    const repeated: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const image = await frame(seed++, shown);
      first.push(await call(image, masks));
      repeated.push(await call(image, masks));
    }
    console.log(`| ${count} | ${cell(first)} | ${cell(repeated)} |`);
  }
} finally {
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  await exited;
  await rm(folder, { recursive: true });
}
