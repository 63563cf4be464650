import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { decodeCocoRle } from '../../src/formats/coco-rle.js';
import { shapeToMask } from '../../src/formats/shape-to-mask.js';
import type { Guidance, Inference, ShapeOutcome, ShapeRequest } from '../../src/onnx/inference.js';
import { openInlineInference } from '../../src/onnx/inline.js';
import { iou } from '../../src/refiner/metrics.js';
import type { Mask } from '../../src/refiner/types.js';
import { LITE_PACK, openPool } from './open-pool.js';
import { DISC, DISC_IMAGE, discImage, requestFor, roughDisc } from './synthetic-image.js';

const SOON = { deadlineMs: 60_000 };
const BOX: Guidance = { unit: 'pixel', points: [], box: { x0: 100, y0: 60, x1: 220, y1: 180 } };
const CLICK: Guidance = { unit: 'percent', points: [{ x: 50, y: 50, positive: true }], box: null };

function pointed(guidance: Guidance, changes: Partial<ShapeRequest> = {}): ShapeRequest {
  return { shape: null, guidance, semantic: false, output: { kind: 'coco-rle' }, madeFor: null, ...changes };
}

async function open(context: TestContext, cacheBytes = 64 << 20): Promise<Inference> {
  const settings = { packDirectory: LITE_PACK, threads: 1, cacheBytes, maxPixels: 1e6 };
  const inference = await openInlineInference(settings);
  context.after(() => inference.close());
  return inference;
}

function maskOf(outcome: ShapeOutcome | undefined): Mask {
  assert.ok(outcome?.status === 'refined' && outcome.shape.kind === 'coco-rle', JSON.stringify(outcome));
  const { counts, width, height } = outcome.shape;
  return decodeCocoRle(counts, width, height);
}

test('a box and a click segment the disc they are on', async (context) => {
  const inference = await open(context);
  const shapes = [
    pointed(BOX),
    pointed(CLICK),
    pointed({ ...BOX, points: [{ x: 160, y: 120, positive: true }] }),
  ];
  const { outcomes } = await inference.refine(requestFor(await discImage(1), { shapes }), SOON);
  const disc = await shapeToMask(DISC, DISC_IMAGE);
  for (const outcome of outcomes) {
    assert.ok(iou(maskOf(outcome), disc) > 0.85);
    assert.equal(outcome.status === 'refined' && outcome.figures.agreementIou, 1);
  }
});

test('what is pointed at gives the same answer whatever it is asked together with and wherever', async (context) => {
  const image = await discImage(1);
  const shapes = [pointed(BOX), roughDisc(), pointed(CLICK), { ...roughDisc(), guidance: CLICK }];
  const [cached, uncached, pool] = [await open(context), await open(context, 0), await openPool(context)];
  const { outcomes: expected } = await cached.refine(requestFor(image, { shapes }), SOON);
  const reversed = requestFor(image, { shapes: [...shapes].reverse() });
  for (const inference of [cached, uncached, pool]) {
    const { outcomes } = await inference.refine(reversed, SOON);
    assert.deepEqual([...outcomes].reverse(), expected);
  }
  for (const [index, shape] of shapes.entries()) {
    const { outcomes } = await cached.refine(requestFor(image, { shapes: [shape] }), SOON);
    assert.deepEqual(outcomes, expected.slice(index, index + 1));
  }
});

test('a request without shapes warms the embedding of its image', async (context) => {
  const pool = await openPool(context);
  const image = await discImage(1);
  const warming = await pool.refine(requestFor(image, { shapes: [], orientation: 'match' }), SOON);
  assert.deepEqual([warming.outcomes, warming.embeddingCached], [[], false]);
  assert.deepEqual(warming.image, DISC_IMAGE);
  const next = await pool.refine(requestFor(image, { shapes: [pointed(CLICK)] }), SOON);
  assert.equal(next.embeddingCached, true);
  assert.equal(next.times.encodeMs, 0);
});

test('guidance that cannot be used fails alone and says why', async (context) => {
  const pool = await openPool(context);
  const point = { x: 10, y: 10, positive: true };
  const shapes: ShapeRequest[] = [
    { ...pointed(CLICK), guidance: { ...CLICK, points: [] } },
    { shape: null, semantic: false, output: { kind: 'coco-rle' }, madeFor: null },
    pointed({ ...CLICK, points: [{ ...point, positive: false }] }),
    pointed({ ...CLICK, points: [{ ...point, x: NaN }] }),
    pointed({ ...CLICK, points: new Array<typeof point>(5000).fill(point) }),
    pointed({ ...BOX, box: { x0: 400, y0: 0, x1: 500, y1: 100 } }),
    pointed(CLICK, { madeFor: { width: 10, height: 10 } }),
    pointed(CLICK),
    { ...roughDisc(), semantic: true, guidance: { ...CLICK, points: [] } },
  ];
  const { outcomes } = await pool.refine(requestFor(await discImage(1), { shapes }), SOON);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'failed' ? outcome.reason : outcome.status)),
    [...new Array<string>(6).fill('GUIDANCE_INVALID'), 'IMAGE_SIZE_MISMATCH', 'refined', 'refined'],
  );
});
