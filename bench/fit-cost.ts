/**
 * What learning costs on a server: seconds to gather 1,000 masks of 200 images through an inference worker (encoding
 * and decoding), seconds to learn from them, peak memory of the server's own process and the longest time for which it
 * held its event loop; and the time of a refinement with and without an adapter, in turn, on a cached image.
 * Run: `npm run typecheck && node build/bench/fit-cost.js [images] [masks per image]`
 */
import { cpus } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import sharp from 'sharp';
import { learnAdapter } from '../src/fit/learn-adapter.js';
import { learningPrompts } from '../src/fit/prompt-kind.js';
import { giveTurns } from '../src/backend/give-turns.js';
import type { ExampleObject, RefineRequest } from '../src/onnx/inference.js';
import { findPack } from '../src/onnx/find-pack.js';
import { openInferencePool } from '../src/onnx/pool.js';
import { isHeldOut, SPLIT_DEFAULTS } from '../src/refiner/image-split.js';
import type { IouExample } from '../src/refiner/iou-example.js';
import { freshAdapter } from '../src/refiner/iou-adapter.js';
import { PRESETS } from '../src/refiner/presets.js';

const WIDTH = 640;
const HEIGHT = 480;
const IMAGES = Number(process.argv[2] ?? 200);
const MASKS = Number(process.argv[3] ?? 5);
const RUNS = 150;
const NAMES = ['without', 'with'] as const;
const LIMITS = { deadlineMs: 600_000 };

/** Discs side by side on a textured ground; `seed` makes it another image. */
async function photograph(seed: number): Promise<Uint8Array> {
  const pixels = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const column = x % (WIDTH / MASKS);
      const inside = Math.hypot(column - WIDTH / MASKS / 2, y - HEIGHT / 2) < WIDTH / MASKS / 3;
      for (let c = 0; c < 3; c++) {
        pixels[(y * WIDTH + x) * 3 + c] = (inside ? 150 : 20) + 30 * c + ((x * 7 + y * 13 + seed * 5) % 23);
      }
    }
  }
  const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
  return new Uint8Array(await sharp(pixels, { raw }).jpeg().toBuffer());
}

const objects: readonly ExampleObject[] = Array.from({ length: MASKS }, (_, i) => {
  const radius = WIDTH / MASKS / 3;
  const disc = { kind: 'ellipse', unit: 'pixel', y: HEIGHT / 2, rotationDegrees: 0 } as const;
  const x = (i + 0.5) * (WIDTH / MASKS);
  const truth = { ...disc, x, radiusX: radius, radiusY: radius };
  return { truth, rough: { ...truth, x: x + 5, radiusX: 1.1 * radius }, madeFor: null };
});

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

const pool = await openInferencePool({
  packDirectory: await findPack('lite', null),
  workers: 1,
  threadsPerWorker: cpus().length,
  cacheBytes: 64 << 20,
  maxQueued: 10,
  maxPixels: 1e8,
  hangTimeoutMs: 60_000,
});
try {
  const options = PRESETS.paper;
  const asking = {
    prompts: learningPrompts('all', options.prompts),
    minAreaPx: 1,
    masksPerImage: 100,
    zoom: false,
  };
  const examples: Record<'training' | 'heldOut', IouExample[]> = { training: [], heldOut: [] };
  let selectable: readonly number[] = [];
  let encodeMs = 0;
  let gatherMs = 0;
  for (let i = 0; i < IMAGES; i++) {
    const image = await photograph(i);
    const start = performance.now();
    const request = { image, orientation: 'exif', objects, settings: asking, lane: 'batch' } as const;
    const answer = await pool.examples(request, LIMITS);
    gatherMs += performance.now() - start;
    encodeMs += answer.times.encodeMs;
    selectable = answer.selectable;
    const side = isHeldOut(`${i}`, SPLIT_DEFAULTS) ? 'heldOut' : 'training';
    for (const found of answer.objects) {
      if (found.status === 'asked') {
        examples[side].push(...found.examples.map((example) => ({ image: `${i}`, ...example })));
      }
    }
  }
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const start = performance.now();
  await learnAdapter({ ...examples, selectable }, { giveWay: giveTurns() });
  const learnMs = performance.now() - start;
  delay.disable();

  const image = await photograph(0);
  const adapter = freshAdapter({ rank: 4, features: 128, outputs: 4 }, 0);
  const request = (iouAdapter: RefineRequest['options']['iouAdapter']): RefineRequest => ({
    image,
    orientation: 'exif',
    shapes: objects.map(({ truth }) => ({
      shape: truth,
      semantic: false,
      output: { kind: 'coco-rle' },
      madeFor: null,
    })),
    options: { ...options, iouAdapter },
    lane: 'interactive',
  });
  const times: Record<(typeof NAMES)[number], number[]> = { without: [], with: [] };
  await pool.refine(request(null), LIMITS);
  for (let run = 0; run < RUNS; run++) {
    // Each goes first in turn: what follows at once is some percent faster.
    for (const name of run % 2 === 0 ? NAMES : NAMES.toReversed()) {
      const iouAdapter = name === 'with' ? adapter : null;
      const begin = performance.now();
      await pool.refine(request(iouAdapter), LIMITS);
      times[name].push(performance.now() - begin);
    }
  }
  const [without, withIt] = [median(times.without), median(times.with)];
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}\n`);
  console.log(`${IMAGES * MASKS} masks on ${IMAGES} images of ${WIDTH}×${HEIGHT}`);
  console.log(
    `gathering ${(gatherMs / 1000).toFixed(1)} s, of it encoding ${(encodeMs / 1000).toFixed(1)} s`,
  );
  console.log(
    `learning ${(learnMs / 1000).toFixed(2)} s, event loop held for ${(delay.max / 1e6).toFixed(1)} ms at most`,
  );
  console.log(
    `peak memory of the server’s process ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`,
  );
  console.log(
    `refining ${MASKS} masks: ${without.toFixed(1)} ms without, ${withIt.toFixed(1)} ms with an adapter ` +
      `(${(100 * (withIt / without - 1)).toFixed(1)} %)`,
  );
} finally {
  await pool.close();
}
