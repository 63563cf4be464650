import { readFile } from 'node:fs/promises';
import { RefinerError } from '../errors.js';
import {
  type EvalItem,
  type EvalSet,
  objectIds,
  objectMask,
  readLabelMap,
  voidMask,
} from '../eval/dataset.js';
import { decodeMaskImage } from '../formats/mask-image.js';
import { decodeImage } from '../onnx/decode-image.js';
import type { FitImage, LoadedFitImage } from './fit-image.js';

/**
 * The images of sets with label maps. Where an image has coarse masks, these are prompted with and their objects are
 * the true masks; otherwise every object of the label map is both.
 */
export function imagesOfSets(sets: readonly EvalSet[], maxPixels: number): readonly FitImage[] {
  return sets.flatMap((set) =>
    set.items.map((item) => ({ name: `${set.name}/${item.id}`, load: () => load(item, maxPixels) })),
  );
}

async function load(item: EvalItem, maxPixels: number): Promise<LoadedFitImage> {
  const pixels = await decodeImage(await readFile(item.imagePath), { orientation: 'exif', maxPixels });
  const labels = await readLabelMap(item.labelPath);
  if (labels.width !== pixels.width || labels.height !== pixels.height) {
    throw new RefinerError('IMAGE_SIZE_MISMATCH', {
      where: item.labelPath,
      expected: `${pixels.width} × ${pixels.height} pixels`,
      received: `${labels.width} × ${labels.height} pixels`,
    });
  }
  const coarse = item.coarse.map(async ({ object, path }) => ({
    rough: await decodeMaskImage(await readFile(path), pixels),
    truth: objectMask(labels, object),
  }));
  const all = (): LoadedFitImage['objects'] =>
    objectIds(labels).map((object) => {
      const truth = objectMask(labels, object);
      return { rough: truth, truth };
    });
  return {
    pixels,
    objects: coarse.length > 0 ? await Promise.all(coarse) : all(),
    ignore: voidMask(labels),
  };
}
