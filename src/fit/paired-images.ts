import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { decodeMaskImage } from '../formats/mask-image.js';
import { decodeImage } from '../onnx/decode-image.js';
import type { FitImage, LoadedFitImage } from './fit-image.js';

/** Images each with one or more files of a true mask. */
export function imagesOfPairs(
  pairs: readonly { readonly image: string; readonly mask: string }[],
  maxPixels: number,
): readonly FitImage[] {
  const masksOf = new Map<string, string[]>();
  for (const { image, mask } of pairs) masksOf.set(image, [...(masksOf.get(image) ?? []), mask]);
  return [...masksOf].map(([image, masks]) => ({
    name: basename(image),
    load: () => load(image, masks, maxPixels),
  }));
}

async function load(image: string, masks: readonly string[], maxPixels: number): Promise<LoadedFitImage> {
  const pixels = await decodeImage(await readFile(image), { orientation: 'exif', maxPixels });
  const objects = masks.map(async (path) => {
    const truth = await decodeMaskImage(await readFile(path), pixels);
    return { rough: truth, truth };
  });
  return { pixels, objects: await Promise.all(objects), ignore: null };
}
