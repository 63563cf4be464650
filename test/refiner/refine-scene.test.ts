import assert from 'node:assert/strict';
import test from 'node:test';
import type { PixelGuidance } from '../../src/refiner/guidance.js';
import { emptyMask, isEmpty, maskFromBitmap } from '../../src/refiner/mask.js';
import type { RefineOptions } from '../../src/refiner/options.js';
import { PRESETS } from '../../src/refiner/presets.js';
import { refineGuidedMasks } from '../../src/refiner/refine.js';
import { refineInScene, segmentInScene } from '../../src/refiner/refine-scene.js';
import type { GuidedMask } from '../../src/refiner/rounds.js';
import type { Scene } from '../../src/refiner/scene.js';
import { segment } from '../../src/refiner/segment.js';
import type { Box, Mask } from '../../src/refiner/types.js';
import { guidanceInView, maskFromView, maskInView } from '../../src/refiner/view.js';
import { zoomView } from '../../src/refiner/zoom.js';
import { LENIENT } from './lenient.js';
import { MASK_SIZE, syntheticDecoder } from './synthetic-decoder.js';

const IMAGE = { width: 640, height: 480 };
const INPUT_SIZE = 64;
const OPTIONS: RefineOptions = {
  ...PRESETS.official,
  rounds: 2,
  zoom: true,
  accept: { ...LENIENT, minAreaPx: 4 },
};

function rectangle({ x0, y0, x1, y1 }: Box): Mask {
  const bitmap = new Uint8Array(IMAGE.width * IMAGE.height);
  for (let y = y0; y < y1; y++) bitmap.fill(1, y * IMAGE.width + x0, y * IMAGE.width + x1);
  return maskFromBitmap(bitmap, IMAGE.width, IMAGE.height);
}

function unguided(mask: Mask): GuidedMask {
  return { mask, guidance: null };
}

/** A scene of synthetic decoders, and the views that were asked for. */
function scene(): { scene: Scene; views: (Box | null)[] } {
  const views: (Box | null)[] = [];
  const decoderOf: Scene['decoderOf'] = (view) => {
    views.push(view);
    const size = view === null ? IMAGE : { width: view.x1 - view.x0, height: view.y1 - view.y0 };
    return Promise.resolve(syntheticDecoder(size));
  };
  return { scene: { image: IMAGE, inputSize: INPUT_SIZE, maskSize: MASK_SIZE, decoderOf }, views };
}

const SMALL = rectangle({ x0: 300, y0: 200, x1: 330, y1: 240 });
const BESIDE = rectangle({ x0: 306, y0: 204, x1: 336, y1: 240 });
const FAR = rectangle({ x0: 20, y0: 400, x1: 50, y1: 420 });
const LARGE = rectangle({ x0: 10, y0: 10, x1: 600, y1: 400 });

test('a small mask is refined as a mask of its view and put back to the pixel', async () => {
  const view = zoomView(SMALL.box, IMAGE, INPUT_SIZE);
  assert.ok(view !== null);
  const decoder = syntheticDecoder({ width: view.x1 - view.x0, height: view.y1 - view.y0 });
  const [part] = await refineGuidedMasks([unguided(maskInView(SMALL, view))], decoder, OPTIONS);
  const [whole] = await refineInScene([unguided(SMALL)], scene().scene, OPTIONS);
  assert.ok(part?.status === 'refined' && whole?.status === 'refined');
  assert.ok(!isEmpty(part.mask));
  assert.deepEqual(whole, { ...part, mask: maskFromView(part.mask, view, IMAGE) });
});

test('masks of one view share its decoder, and no other is made than those that are needed', async () => {
  const { scene: counted, views } = scene();
  await refineInScene([SMALL, FAR, BESIDE].map(unguided), counted, OPTIONS);
  assert.deepEqual(
    views,
    [SMALL, FAR].map(({ box }) => zoomView(box, IMAGE, INPUT_SIZE)),
  );
});

test('the outcome of a mask depends neither on the others nor on their order', async () => {
  const masks = [LARGE, SMALL, emptyMask(IMAGE), FAR, BESIDE].map(unguided);
  const together = await refineInScene(masks, scene().scene, OPTIONS);
  const reversed = await refineInScene([...masks].reverse(), scene().scene, OPTIONS);
  assert.deepEqual([...reversed].reverse(), together);
  for (const [index, mask] of masks.entries()) {
    assert.deepEqual(await refineInScene([mask], scene().scene, OPTIONS), together.slice(index, index + 1));
  }
});

test('without zoom every mask is refined in the whole image', async () => {
  const { scene: counted, views } = scene();
  const masks = [LARGE, SMALL, FAR].map(unguided);
  const options = { ...OPTIONS, zoom: false };
  const verdicts = await refineInScene(masks, counted, options);
  assert.deepEqual(views, [null]);
  assert.deepEqual(verdicts, await refineGuidedMasks(masks, syntheticDecoder(IMAGE), options));
});

test('masks that are kept without a look at the image cost no decoder', async () => {
  const { scene: counted, views } = scene();
  const speck = rectangle({ x0: 5, y0: 5, x1: 6, y1: 7 });
  const verdicts = await refineInScene([emptyMask(IMAGE), speck].map(unguided), counted, OPTIONS);
  assert.deepEqual(views, []);
  assert.deepEqual(
    verdicts.map((verdict) => verdict.status === 'kept' && verdict.reason),
    ['empty', 'too-small'],
  );
});

test('a mask is too thin or not in the view that it is looked at in, which too thin ones do not cost', async () => {
  const { scene: counted, views } = scene();
  const stripe = rectangle({ x0: 200, y0: 200, x1: 400, y1: 206 });
  const square = rectangle({ x0: 300, y0: 300, x1: 312, y1: 312 });
  const accept = { ...LENIENT, minWidthCells: 1 };
  const reasons = async (zoom: boolean): Promise<readonly string[]> => {
    const masks = [stripe, square].map(unguided);
    const verdicts = await refineInScene(masks, counted, { ...OPTIONS, accept, zoom });
    return verdicts.map((verdict) => (verdict.status === 'kept' ? verdict.reason : verdict.status));
  };
  assert.deepEqual(await reasons(false), ['too-thin', 'too-thin']);
  assert.deepEqual(views, []);
  assert.deepEqual(await reasons(true), ['too-thin', 'refined']);
  assert.deepEqual(views, [zoomView(square.box, IMAGE, INPUT_SIZE)]);
});

test('a view holds all that a person says of a mask, and a kept mask comes back as it was', async () => {
  const far: PixelGuidance = { positives: [], negatives: [{ x: 420, y: 220 }], box: null };
  const { scene: counted, views } = scene();
  const strict = { ...OPTIONS, accept: { ...OPTIONS.accept, minPredictedIou: 2 } };
  const [verdict] = await refineInScene([{ mask: SMALL, guidance: far }], counted, strict);
  const [view] = views;
  assert.ok(view && view.x0 <= SMALL.box.x0 && view.x1 > 420);
  assert.equal(verdict?.status, 'kept');
  assert.deepEqual(verdict.mask, SMALL);
});

test('an object in a small box is looked for around the box', async () => {
  const box = { x0: 300, y0: 200, x1: 329, y1: 239 };
  const boxed: PixelGuidance = { positives: [{ x: 310, y: 220 }], negatives: [], box };
  const view = zoomView(SMALL.box, IMAGE, INPUT_SIZE);
  assert.ok(view !== null);
  const { scene: counted, views } = scene();
  const [inBox] = await segmentInScene([boxed], counted, OPTIONS);
  assert.deepEqual(views, [view]);
  const decoder = syntheticDecoder({ width: view.x1 - view.x0, height: view.y1 - view.y0 });
  const [part] = await segment([guidanceInView(boxed, view)], decoder, OPTIONS);
  assert.ok(part?.status === 'refined');
  assert.deepEqual(inBox, { ...part, mask: maskFromView(part.mask, view, IMAGE) });
});

test('what is only clicked on is looked for in parts of several sizes, each click for itself', async () => {
  const clicked = (x: number, y: number): PixelGuidance => ({
    positives: [{ x, y }],
    negatives: [],
    box: null,
  });
  const { scene: counted, views } = scene();
  const together = await segmentInScene([clicked(310, 220), clicked(50, 400)], counted, OPTIONS);
  assert.deepEqual(
    views.slice(0, 5).map((view) => view && view.x1 - view.x0),
    [null, 320, 160, 80, 40],
  );
  for (const [place, [x, y]] of (
    [
      [310, 220],
      [50, 400],
    ] as const
  ).entries()) {
    const alone = await segmentInScene([clicked(x, y)], scene().scene, OPTIONS);
    assert.deepEqual(alone, together.slice(place, place + 1));
  }
});

test('without zoom what is clicked on is looked for in the whole image alone', async () => {
  const clicked: PixelGuidance = { positives: [{ x: 310, y: 220 }], negatives: [], box: null };
  const { scene: counted, views } = scene();
  const verdicts = await segmentInScene([clicked], counted, { ...OPTIONS, zoom: false });
  assert.deepEqual(views, [null]);
  assert.deepEqual(verdicts, await segment([clicked], syntheticDecoder(IMAGE), OPTIONS));
});

test('an aborted refinement rejects with the reason before anything is encoded', async () => {
  const { scene: counted, views } = scene();
  const reason = new Error('enough');
  await assert.rejects(
    refineInScene([unguided(SMALL)], counted, OPTIONS, AbortSignal.abort(reason)),
    (error) => error === reason,
  );
  assert.deepEqual(views, []);
});
