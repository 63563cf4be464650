import { readFile } from 'node:fs/promises';
import { listEvalSets, objectMask, readLabelMap, voidMask } from '../src/eval/dataset.js';
import { decodeImage } from '../src/onnx/decode-image.js';
import type { Model } from '../src/onnx/model.js';
import { sceneOf } from '../src/onnx/scene-of.js';
import type { Decoder } from '../src/refiner/engine.js';
import type { Scene } from '../src/refiner/scene.js';
import type { Mask } from '../src/refiner/types.js';

/** A true object of an image; pixels of `ignore` count neither for nor against. */
export interface EvalObject {
  readonly set: string;
  readonly scene: Scene;
  /** Of the whole image. */
  readonly decoder: Decoder;
  readonly truth: Mask;
  readonly ignore: Mask;
}

/** The objects that have coarse masks in some images of each set below a folder, the images spread evenly over their set. */
export async function* evalObjects(
  folder: string,
  imagesOfASet: number,
  model: Model,
): AsyncGenerator<EvalObject> {
  for (const { name, items } of await listEvalSets(folder)) {
    const every = Math.max(1, Math.floor(items.length / imagesOfASet));
    for (const item of items.filter((_, i) => i % every === 0).slice(0, imagesOfASet)) {
      const image = await decodeImage(await readFile(item.imagePath), {
        orientation: 'exif',
        maxPixels: 1e8,
      });
      const unseen = sceneOf(model, image);
      const decoder = await unseen.decoderOf(null);
      const scene: Scene = {
        ...unseen,
        decoderOf: (view) => (view === null ? Promise.resolve(decoder) : unseen.decoderOf(view)),
      };
      const labels = await readLabelMap(item.labelPath);
      const ignore = voidMask(labels);
      for (const { object } of item.coarse) {
        yield { set: name, scene, decoder, truth: objectMask(labels, object), ignore };
      }
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
