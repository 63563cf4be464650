// How well boxes and clicks alone are segmented, on sets of images with true masks (the folder form of `samrefiner eval`):
// the box of an object, its innermost pixel as a click, box and click, and three clicks on it with one beside it. `plain`
// is one prompt without a guessed mask, as every SAM is asked; `segment` is what the server does.
// Run: npx tsc -b tsconfig.test.json && node build/bench/pointing.js <folder> [model] [images of a set]
import { readFile } from 'node:fs/promises';
import { listLabelledSets, objectIds, objectMask, readLabelMap, voidMask } from '../src/eval/dataset.js';
import { decodeImage } from '../src/onnx/decode-image.js';
import { openModelByName } from '../src/onnx/open-model-by-name.js';
import { optionsFor } from '../src/onnx/options-for.js';
import type { PixelGuidance } from '../src/refiner/guidance.js';
import { areaPx, pixelAt } from '../src/refiner/mask.js';
import { iou } from '../src/refiner/metrics.js';
import { guidePoints } from '../src/refiner/points.js';
import { seededRandom } from '../src/refiner/seeded-random.js';
import { segment } from '../src/refiner/segment.js';
import type { Mask, Point } from '../src/refiner/types.js';

const [folder = '', modelName = 'lite', imagesText = '4'] = process.argv.slice(2);
const OBJECTS_OF_AN_IMAGE = 2;
const LEAST_SHARE = 0.005;

const model = await openModelByName(modelName, { threads: 0 });
const options = optionsFor(model.pack.manifest.defaults);
/** IoUs by set, then by way of asking. */
const ious = new Map<string, Map<string, number[]>>();

for (const { name, items } of await listLabelledSets(folder)) {
  const ofSet = new Map<string, number[]>();
  ious.set(name, ofSet);
  const every = Math.max(1, Math.floor(items.length / Number(imagesText)));
  for (const item of items.filter((_, i) => i % every === 0).slice(0, Number(imagesText))) {
    const image = await decodeImage(await readFile(item.imagePath), { orientation: 'exif', maxPixels: 1e8 });
    const decoder = model.decoderFor(await model.encode(image));
    const labels = await readLabelMap(item.labelPath);
    const ignore = voidMask(labels);
    const objects = objectIds(labels)
      .map((id) => objectMask(labels, id))
      .filter((mask) => areaPx(mask) > LEAST_SHARE * image.width * image.height)
      .sort((a, b) => areaPx(b) - areaPx(a))
      .slice(0, OBJECTS_OF_AN_IMAGE);
    for (const truth of objects) {
      for (const [way, guidance] of Object.entries(waysToPointAt(truth))) {
        for (const [how, asked] of [
          ['plain', { ...decoder, maskAmplitude: null }],
          ['segment', decoder],
        ] as const) {
          const [verdict] = await segment([guidance], asked, options);
          const key = `${way}, ${how}`;
          ofSet.set(key, [...(ofSet.get(key) ?? []), verdict ? iou(verdict.mask, truth, ignore) : 0]);
        }
      }
    }
  }
}
await model.close();

const keys = [...new Set([...ious.values()].flatMap((ofSet) => [...ofSet.keys()]))];
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
for (const key of keys) {
  const bySet = [...ious].flatMap(([name, ofSet]) => {
    const values = ofSet.get(key);
    return values ? [{ name, iou: mean(values) }] : [];
  });
  console.log(`${key}: mean of ${bySet.length} sets ${mean(bySet.map((set) => set.iou)).toFixed(3)}`);
  console.log(`  ${bySet.map((set) => `${set.name} ${set.iou.toFixed(2)}`).join(', ')}`);
}

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
