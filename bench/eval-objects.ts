import { readFile } from 'node:fs/promises';
import { listLabelledSets, objectIds, objectMask, readLabelMap, voidMask } from '../src/eval/dataset.js';
import { decodeImage } from '../src/onnx/decode-image.js';
import type { Model } from '../src/onnx/model.js';
import type { Decoder } from '../src/refiner/engine.js';
import { areaPx } from '../src/refiner/mask.js';
import type { Mask } from '../src/refiner/types.js';

/** A true object of an image that the decoder holds; pixels of `ignore` count neither for nor against. */
export interface EvalObject {
  readonly set: string;
  readonly decoder: Decoder;
  readonly truth: Mask;
  readonly ignore: Mask;
}

const OBJECTS_OF_AN_IMAGE = 2;
const LEAST_SHARE = 0.005;

/** The largest objects of some images of each set below a folder, the images spread evenly over their set. */
export async function* evalObjects(
  folder: string,
  imagesOfASet: number,
  model: Model,
): AsyncGenerator<EvalObject> {
  for (const { name, items } of await listLabelledSets(folder)) {
    const every = Math.max(1, Math.floor(items.length / imagesOfASet));
    for (const item of items.filter((_, i) => i % every === 0).slice(0, imagesOfASet)) {
      const image = await decodeImage(await readFile(item.imagePath), {
        orientation: 'exif',
        maxPixels: 1e8,
      });
      const decoder = model.decoderFor(await model.encode(image));
      const labels = await readLabelMap(item.labelPath);
      const ignore = voidMask(labels);
      const objects = objectIds(labels)
        .map((id) => objectMask(labels, id))
        .filter((mask) => areaPx(mask) > LEAST_SHARE * image.width * image.height)
        .sort((a, b) => areaPx(b) - areaPx(a))
        .slice(0, OBJECTS_OF_AN_IMAGE);
      for (const truth of objects) yield { set: name, decoder, truth, ignore };
    }
  }
}

/** Collects values by a name and a set, and prints for each name the mean of the sets' means. */
export class MeansBySet {
  readonly #values = new Map<string, Map<string, number[]>>();

  add(name: string, set: string, value: number): void {
    const bySet = this.#values.get(name) ?? new Map<string, number[]>();
    bySet.set(set, [...(bySet.get(set) ?? []), value]);
    this.#values.set(name, bySet);
  }

  print(): void {
    for (const [name, bySet] of this.#values) {
      const means = [...bySet].map(([set, values]) => ({ set, value: mean(values) }));
      console.log(
        `${name}: mean of ${means.length} sets ${mean(means.map(({ value }) => value)).toFixed(3)}`,
      );
      console.log(`  ${means.map(({ set, value }) => `${set} ${value.toFixed(2)}`).join(', ')}`);
    }
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
