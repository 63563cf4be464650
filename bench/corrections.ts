// What one click mends: a true mask with a blob beside it too much is refined with and without a click on the blob, and its
// left half with and without a click on the right one. On sets of images with true masks, as `samrefiner eval` takes them.
// Run: npx tsc -b tsconfig.test.json && node build/bench/corrections.js <folder> [model] [images of a set]
import { openModelByName } from '../src/onnx/open-model-by-name.js';
import { optionsFor } from '../src/onnx/options-for.js';
import { fillEllipse } from '../src/refiner/fill-ellipse.js';
import type { PixelGuidance } from '../src/refiner/guidance.js';
import { areaPx, isEmpty, maskFromBitmap, maskToBitmap } from '../src/refiner/mask.js';
import { iou } from '../src/refiner/metrics.js';
import { guidePoints } from '../src/refiner/points.js';
import { refineGuidedMasks } from '../src/refiner/refine.js';
import { subtractMask } from '../src/refiner/subtract.js';
import type { Mask, Point } from '../src/refiner/types.js';
import { unionMasks } from '../src/refiner/union.js';
import { evalObjects, MeansBySet } from './eval-objects.js';

const [folder = '', modelName = 'lite', images = '4'] = process.argv.slice(2);

const model = await openModelByName(modelName, { threads: 0 });
const options = optionsFor(model.pack.manifest.defaults);
const ious = new MeansBySet();
for await (const { set, decoder, truth, ignore } of evalObjects(folder, Number(images), model)) {
  const measure = async (name: string, rough: Mask, click: PixelGuidance): Promise<void> => {
    const [alone] = await refineGuidedMasks([{ mask: rough, guidance: null }], decoder, options);
    const [clicked] = await refineGuidedMasks([{ mask: rough, guidance: click }], decoder, options);
    ious.add(`${name}, rough`, set, iou(rough, truth, ignore));
    ious.add(`${name}, refined`, set, alone ? iou(alone.mask, truth, ignore) : 0);
    ious.add(`${name}, refined with the click`, set, clicked ? iou(clicked.mask, truth, ignore) : 0);
  };
  const blob = blobBeside(truth);
  if (!isEmpty(blob)) {
    const click = { positives: [], negatives: [innermost(blob)], box: null };
    await measure('too much', unionMasks([truth, blob], sizeOf(truth)), click);
  }
  const left = leftHalf(truth);
  const right = subtractMask(truth, left);
  if (!isEmpty(left) && !isEmpty(right)) {
    await measure('too little', left, { positives: [innermost(right)], negatives: [], box: null });
  }
}
await model.close();
ious.print();

/** Part of a disc of a third of the object's area, at the right edge of its box, or the left where there is no room. */
function blobBeside(truth: Mask): Mask {
  const radius = 0.6 * Math.sqrt(areaPx(truth) / Math.PI);
  const { x0, x1, y0, y1 } = truth.box;
  const x = x1 + radius / 2 < truth.imageWidth ? x1 + 0.3 * radius : x0 - 0.3 * radius;
  const disc = { x, y: (y0 + y1) / 2, radiusX: radius, radiusY: radius, rotationDegrees: 0 };
  return subtractMask(fillEllipse(disc, sizeOf(truth)), truth);
}

function leftHalf(truth: Mask): Mask {
  const { imageWidth, imageHeight, box } = truth;
  const middle = (box.x0 + box.x1) / 2;
  const bitmap = maskToBitmap(truth).map((value, i) => (i % imageWidth < middle ? value : 0));
  return maskFromBitmap(bitmap, imageWidth, imageHeight);
}

function innermost(mask: Mask): Point {
  return guidePoints(mask, { distance: 'euclidean', useNegativePoint: false }).positive;
}

function sizeOf({ imageWidth, imageHeight }: Mask): { width: number; height: number } {
  return { width: imageWidth, height: imageHeight };
}
