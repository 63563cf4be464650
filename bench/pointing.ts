// How well boxes and clicks alone are segmented, on sets of images with true masks (the folder form of `samrefiner eval`):
// the box of an object, its innermost pixel as a click, box and click, and three clicks on it with one beside it. `plain`
// is one prompt on the whole image without a guessed mask, as every SAM is asked; `served` is what the server does.
// Run: npx tsc -b tsconfig.test.json && node build/bench/pointing.js <folder> [model] [images of a set]
import { openModelByName } from '../src/onnx/open-model-by-name.js';
import { optionsFor } from '../src/onnx/options-for.js';
import type { PixelGuidance } from '../src/refiner/guidance.js';
import { areaPx, pixelAt } from '../src/refiner/mask.js';
import { iou } from '../src/refiner/metrics.js';
import { guidePoints } from '../src/refiner/points.js';
import { segmentInScene } from '../src/refiner/refine-scene.js';
import { seededRandom } from '../src/refiner/seeded-random.js';
import { segment } from '../src/refiner/segment.js';
import type { Mask, Point } from '../src/refiner/types.js';
import { evalObjects, MeansBySet } from './eval-objects.js';

const [folder = '', modelName = 'lite', images = '4'] = process.argv.slice(2);

const model = await openModelByName(modelName, { threads: 0 });
const options = optionsFor(model.pack.manifest.defaults);
const ious = new MeansBySet();
for await (const { set, scene, decoder, truth, ignore } of evalObjects(folder, Number(images), model)) {
  const plain = { ...decoder, maskAmplitude: null };
  for (const [way, guidance] of Object.entries(waysToPointAt(truth))) {
    const [once] = await segment([guidance], plain, options);
    const [served] = await segmentInScene([guidance], scene, options);
    ious.add(`${way}, plain`, set, once ? iou(once.mask, truth, ignore) : 0);
    ious.add(`${way}, served`, set, served ? iou(served.mask, truth, ignore) : 0);
  }
}
await model.close();
ious.print();

function waysToPointAt(truth: Mask): Readonly<Record<string, PixelGuidance>> {
  const { box: tight } = truth;
  const box = { x0: tight.x0, y0: tight.y0, x1: tight.x1 - 1, y1: tight.y1 - 1 };
  const { positive } = guidePoints(truth, { distance: 'euclidean', useNegativePoint: false });
  const random = seededRandom(areaPx(truth), 0);
  const anyPixel = (value: 0 | 1): Point | null => {
    for (let attempt = 0; attempt < 10_000; attempt++) {
      const x = tight.x0 + Math.floor(random() * (tight.x1 - tight.x0));
      const y = tight.y0 + Math.floor(random() * (tight.y1 - tight.y0));
      if (pixelAt(truth, x, y) === value) return { x, y };
    }
    return null;
  };
  const clicks = [positive, anyPixel(1), anyPixel(1)].filter((point) => point !== null);
  const beside = [anyPixel(0)].filter((point) => point !== null);
  return {
    box: { positives: [], negatives: [], box },
    click: { positives: [positive], negatives: [], box: null },
    'box and click': { positives: [positive], negatives: [], box },
    '3 clicks and 1 beside': { positives: clicks, negatives: beside, box: null },
  };
}
