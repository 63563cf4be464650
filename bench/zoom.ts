/**
 * What zoom costs: milliseconds to refine 1, 8 and 40 small masks of a new 2000×1500 and a new 6000×4000 JPEG, without and
 * with zoom, and to refine the first of them again as a click does, its image seen before. Medians of a few runs in one
 * thread of its own process, with nothing between the caller and the model. (`samrefiner eval --zoom on` and `off` show
 * what it brings.)
 * Run: npx tsc -b tsconfig.test.json && node build/bench/zoom.js [model] [threads]
 */
import { cpus } from 'node:os';
import sharp from 'sharp';
import { findPack } from '../src/onnx/find-pack.js';
import type { Inference, RefineRequest, ShapeRequest } from '../src/onnx/inference.js';
import { openInlineInference } from '../src/onnx/inline.js';
import { optionsFor } from '../src/onnx/options-for.js';
import { loadPack } from '../src/onnx/pack.js';
import type { Size } from '../src/refiner/types.js';

const [modelName = 'lite', threads = '0'] = process.argv.slice(2);
const RUNS = 3;
const SIZES: readonly Size[] = [
  { width: 2000, height: 1500 },
  { width: 6000, height: 4000 },
];
const COUNTS = [1, 8, 40];
const LIMITS = { deadlineMs: 3_600_000 };

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Discs of a fiftieth of the image's width, in no order but always the same. */
function discsOf(count: number, { width, height }: Size): readonly Disc[] {
  const radius = width / 100;
  const place = (i: number, step: number, length: number): number =>
    2 * radius + ((i * step) % 1) * (length - 4 * radius);
  return Array.from({ length: count }, (_, i) => ({
    x: place(i + 1, 0.754877666, width),
    y: place(i + 1, 0.569840296, height),
    radius,
  }));
}

async function photograph(size: Size, discs: readonly Disc[], seed: number): Promise<Uint8Array> {
  const circles = discs.map(
    ({ x, y, radius }) => `<circle cx="${x}" cy="${y}" r="${radius}" fill="#d09060"/>`,
  );
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}">${circles.join('')}</svg>`;
  const background = { r: 90, g: 110, b: 100 + seed };
  const image = sharp({ create: { ...size, channels: 3, background } }).composite([
    { input: Buffer.from(drawing) },
  ]);
  return new Uint8Array(await image.jpeg().toBuffer());
}

/** A disc that is a sixth too large. */
function roughShape({ x, y, radius }: Disc): ShapeRequest {
  const radii = { radiusX: radius * 1.17, radiusY: radius * 1.17, rotationDegrees: 0 };
  return {
    shape: { kind: 'ellipse', unit: 'pixel', x, y, ...radii },
    semantic: false,
    output: { kind: 'coco-rle' },
    madeFor: null,
  };
}

function median(values: readonly number[]): string {
  return ([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0).toFixed(0);
}

async function measure(size: Size, count: number, zoom: boolean): Promise<void> {
  const discs = discsOf(count, size);
  const shapes = discs.map(roughShape);
  const totals: number[] = [];
  const encodings: number[] = [];
  const clicks: number[] = [];
  for (let seed = 0; seed < RUNS; seed++) {
    const image = await photograph(size, discs, seed + (zoom ? RUNS : 0));
    const request: RefineRequest = {
      image,
      orientation: 'exif',
      lane: 'interactive',
      shapes,
      options: optionsFor(defaults, { zoom }),
    };
    const startMs = performance.now();
    const { times } = await inference.refine(request, LIMITS);
    totals.push(performance.now() - startMs);
    encodings.push(times.encodeMs);
    const clickedMs = performance.now();
    await inference.refine({ ...request, shapes: shapes.slice(0, 1) }, LIMITS);
    clicks.push(performance.now() - clickedMs);
  }
  const cells = [`${size.width}×${size.height}`, count, zoom ? 'on' : 'off'];
  console.log(`| ${[...cells, median(totals), median(encodings), median(clicks)].join(' | ')} |`);
}

const packDirectory = await findPack(modelName, null);
const { defaults } = (await loadPack(packDirectory)).manifest;
const inference: Inference = await openInlineInference({
  packDirectory,
  threads: Number(threads),
  cacheBytes: 1 << 30,
  maxPixels: 100e6,
});
try {
  console.log(`${inference.modelVersion}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`);
  console.log('| image | masks | zoom | new image ms | of it encoding ms | again ms |');
  console.log('|---|---:|---|---:|---:|---:|');
  for (const size of SIZES) {
    for (const count of COUNTS) {
      for (const zoom of [false, true]) await measure(size, count, zoom);
    }
  }
} finally {
  await inference.close();
}
