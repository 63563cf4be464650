import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import sharp from 'sharp';
import { decodeCocoRle } from '../../src/formats/coco-rle.js';
import { encodeMaskPng } from '../../src/formats/mask-image.js';
import { learningPrompts } from '../../src/fit/prompt-kind.js';
import type {
  Guidance,
  Inference,
  RefineRequest,
  ShapeOutcome,
  ShapeRequest,
} from '../../src/onnx/inference.js';
import { openInlineInference } from '../../src/onnx/inline.js';
import { optionsFor } from '../../src/onnx/options-for.js';
import { loadPack } from '../../src/onnx/pack.js';
import { maskFromBitmap, pixelAt } from '../../src/refiner/mask.js';
import { iou } from '../../src/refiner/metrics.js';
import { PRESETS } from '../../src/refiner/presets.js';
import type { Box, Mask } from '../../src/refiner/types.js';
import { maskFromView } from '../../src/refiner/view.js';
import { readApple } from '../support/apple.js';
import { refusedWith } from '../support/refusals.js';
import { LITE_PACK, openPool } from './open-pool.js';

const SOON = { deadlineMs: 60_000 };
/** By how much the photograph is made smaller, and where it then lies in the large image. */
const SHRINK = 3;
const PLACE: Box = { x0: 900, y0: 600, x1: 1113, y1: 736 };
const LARGE = { width: 2000, height: 1400 };

interface LargeImage {
  readonly image: Uint8Array;
  readonly truth: Mask;
  readonly rough: Mask;
}

/** The apple's photograph, small, mirrored at its edges again and again until it fills a large image. */
async function appleInLargeImage(): Promise<LargeImage> {
  const { jpeg, truth, rough } = await readApple();
  const margins = {
    left: PLACE.x0,
    top: PLACE.y0,
    right: LARGE.width - PLACE.x1,
    bottom: LARGE.height - PLACE.y1,
  };
  const small = await sharp(jpeg)
    .resize(PLACE.x1 - PLACE.x0, PLACE.y1 - PLACE.y0, { fit: 'fill' })
    .png()
    .toBuffer();
  const file = await sharp(small)
    .extend({ ...margins, extendWith: 'mirror' })
    .jpeg({ quality: 90 })
    .toBuffer();
  return {
    image: new Uint8Array(file),
    truth: maskFromView(shrunk(truth), PLACE, LARGE),
    rough: maskFromView(shrunk(rough), PLACE, LARGE),
  };
}

/** Every third pixel of a mask, the one in the middle of what becomes a pixel. */
function shrunk(mask: Mask): Mask {
  const width = PLACE.x1 - PLACE.x0;
  const height = PLACE.y1 - PLACE.y0;
  const pixels = Uint8Array.from({ length: width * height }, (_, i) =>
    pixelAt(mask, SHRINK * (i % width) + 1, SHRINK * Math.floor(i / width) + 1),
  );
  return maskFromBitmap(pixels, width, height);
}

async function shapeOf(mask: Mask, guidance?: Guidance): Promise<ShapeRequest> {
  const shape = { kind: 'image', bytes: await encodeMaskPng(mask) } as const;
  const common = { semantic: false, output: { kind: 'coco-rle' }, madeFor: null, returnKept: true } as const;
  return guidance ? { shape, guidance, ...common } : { shape, ...common };
}

async function requestOf(
  image: Uint8Array,
  shapes: readonly ShapeRequest[],
  changes: Partial<RefineRequest> & { readonly zoom?: boolean } = {},
): Promise<RefineRequest> {
  const { zoom, ...others } = changes;
  const { manifest } = await loadPack(LITE_PACK);
  const options = optionsFor(manifest.defaults, { minPredictedIou: 0, zoom });
  return { image, orientation: 'exif', lane: 'interactive', shapes, options, ...others };
}

async function open(context: TestContext, cacheBytes = 256 << 20, maxPixels = 50e6): Promise<Inference> {
  const settings = { packDirectory: LITE_PACK, threads: 1, cacheBytes, maxPixels };
  const inference = await openInlineInference(settings);
  context.after(() => inference.close());
  return inference;
}

function maskOf(outcome: ShapeOutcome | undefined): Mask {
  assert.ok(outcome && 'shape' in outcome && outcome.shape.kind === 'coco-rle', JSON.stringify(outcome));
  const { counts, width, height } = outcome.shape;
  return decodeCocoRle(counts, width, height);
}

/** The mask elsewhere in the image. */
function moved(mask: Mask, dx: number, dy: number): Mask {
  const { x0, y0, x1, y1 } = mask.box;
  return { ...mask, box: { x0: x0 + dx, y0: y0 + dy, x1: x1 + dx, y1: y1 + dy } };
}

test('a small object in a large image comes back better with zoom than without', async (context) => {
  const inference = await open(context);
  const { image, truth, rough } = await appleInLargeImage();
  const shapes = [await shapeOf(rough)];
  const refined = async (zoom: boolean): Promise<number> => {
    const { outcomes } = await inference.refine(await requestOf(image, shapes, { zoom }), SOON);
    return iou(maskOf(outcomes[0]), truth);
  };
  const [without, zoomed] = [await refined(false), await refined(true)];
  assert.ok(zoomed > without + 0.02 && zoomed > iou(rough, truth) + 0.1, `${without} and ${zoomed}`);
});

test('zoomed outcomes are the same bytes whatever their order, company, lane, cache and thread', async (context) => {
  const { image, rough } = await appleInLargeImage();
  const masks = [rough, moved(rough, 20, -10), moved(rough, -600, 300), moved(rough, 500, 100)];
  const shapes = await Promise.all(masks.map((mask) => shapeOf(mask)));
  const inference = await open(context);
  const { outcomes: expected } = await inference.refine(await requestOf(image, shapes), SOON);
  const reversed = await requestOf(image, [...shapes].reverse(), { lane: 'batch' });
  for (const other of [inference, await open(context, 0), await openPool(context, { workers: 2 })]) {
    const { outcomes } = await other.refine(reversed, SOON);
    assert.deepEqual([...outcomes].reverse(), expected);
  }
  for (const [index, shape] of shapes.entries()) {
    const { outcomes } = await inference.refine(await requestOf(image, [shape]), SOON);
    assert.deepEqual(outcomes, expected.slice(index, index + 1));
  }
});

test('a second click on an object finds the part of the image around it encoded', async (context) => {
  const pool = await openPool(context, { workers: 2 });
  const { image, rough } = await appleInLargeImage();
  const { x0, y0, x1, y1 } = rough.box;
  const click = (dx: number): Guidance => ({
    unit: 'pixel',
    points: [{ x: (x0 + x1) / 2 + dx, y: (y0 + y1) / 2, positive: true }],
    box: null,
  });
  const first = await pool.refine(await requestOf(image, [await shapeOf(rough, click(0))]), SOON);
  const again = await shapeOf(maskOf(first.outcomes[0]), click(5));
  const second = await pool.refine(await requestOf(image, [again]), SOON);
  assert.deepEqual([first.embeddingCached, second.embeddingCached], [false, true]);
  assert.ok(first.times.imageDecodeMs > 0 && first.times.encodeMs > 0);
  assert.deepEqual([second.times.imageDecodeMs, second.times.encodeMs], [0, 0]);
});

test('the parts that batch work looks at do not drive whole images out of the cache', async (context) => {
  // Room for one embedding, not for two.
  const inference = await open(context, 16 << 20);
  const { image, rough } = await appleInLargeImage();
  const warm = async (): Promise<boolean> =>
    (await inference.refine(await requestOf(image, []), SOON)).embeddingCached;
  assert.equal(await warm(), false);
  const shapes = await Promise.all([rough, moved(rough, -600, 300)].map((mask) => shapeOf(mask)));
  await inference.refine(await requestOf(image, shapes, { lane: 'batch' }), SOON);
  assert.equal(await warm(), true);
});

test('zoom keeps to the limit of pixels and takes little memory beside them', async (context) => {
  const size = { width: 6000, height: 4000 };
  const photograph = sharp({ create: { ...size, channels: 3, background: 'grey' } });
  const image = new Uint8Array(await photograph.jpeg().toBuffer());
  const square = (x: number, y: number): ShapeRequest => ({
    shape: { kind: 'rectangle', unit: 'pixel', x, y, width: 150, height: 100, rotationDegrees: 0 },
    semantic: false,
    output: { kind: 'coco-rle' },
    madeFor: null,
  });
  const shapes = Array.from({ length: 6 }, (_, i) => square(900 * i, 600 * i));
  const request = await requestOf(image, shapes);
  const limited = await open(context, 0, 20e6);
  await assert.rejects(limited.refine(request, SOON), refusedWith('IMAGE_TOO_LARGE'));

  const inference = await open(context, 64 << 20, 24e6);
  const startBytes = process.memoryUsage().arrayBuffers;
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - startBytes);
  }, 5);
  const { outcomes } = await inference.refine(request, SOON).finally(() => clearInterval(timer));
  assert.equal(outcomes.length, shapes.length);
  const pixelBytes = size.width * size.height * 3;
  assert.ok(most < pixelBytes + 120e6, `${most} bytes`);
});

test('what a model learns from a small object in a large image is what it sees there when it refines it', async (context) => {
  const inline = await openInlineInference({
    packDirectory: LITE_PACK,
    threads: 1,
    cacheBytes: 0,
    maxPixels: 1e8,
  });
  context.after(() => inline.close());
  const { image, truth, rough } = await appleInLargeImage();
  const object = {
    truth: { kind: 'image', bytes: await encodeMaskPng(truth) },
    rough: { kind: 'image', bytes: await encodeMaskPng(rough) },
    madeFor: null,
  } as const;
  const prompts = learningPrompts('all', PRESETS.paper.prompts);
  const bestIou = async (zoom: boolean): Promise<number> => {
    const settings = { prompts, minAreaPx: 1, masksPerImage: 1, zoom };
    const request = { image, orientation: 'exif', objects: [object], settings, lane: 'batch' } as const;
    const [found] = (await inline.examples(request, SOON)).objects;
    assert.ok(found?.status === 'asked');
    return Math.max(...found.examples.flatMap(({ trueIous }) => [...trueIous]));
  };
  const [without, withZoom] = [await bestIou(false), await bestIou(true)];
  assert.ok(withZoom > without && withZoom > 0.9, `${without} without, ${withZoom} with`);
});
