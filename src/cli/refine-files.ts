import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { RefinerError } from '../errors.js';
import { decodeMaskImage, encodeMaskPng } from '../formats/mask-image.js';
import { decodeImage } from '../onnx/decode-image.js';
import type { Model } from '../onnx/model.js';
import type { RefineOptions } from '../refiner/options.js';
import { sceneOf } from '../onnx/scene-of.js';
import { refineInScene } from '../refiner/refine-scene.js';
import type { Scene } from '../refiner/scene.js';
import { refineSemanticMasks } from '../refiner/semantic.js';
import type { Mask } from '../refiner/types.js';
import type { Verdict } from '../refiner/verdict.js';

/** One image with one rough mask, and where the refined one goes. */
export interface FilePair {
  readonly image: string;
  readonly mask: string;
  readonly out: string;
}

const IMAGE_EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.gif', '.avif']);

/**
 * Pairs images with masks. Two files make one pair. Two folders are paired by name: `photo.jpg` goes with every mask
 * whose name without extension is `photo` or starts with `photo.`, so that an image can have several masks. Throws
 * MASK_NOT_READABLE when nothing pairs up.
 */
export async function pairFiles(image: string, mask: string, out: string): Promise<readonly FilePair[]> {
  const [imageIsFolder, maskIsFolder] = await Promise.all([isFolder(image), isFolder(mask)]);
  if (!imageIsFolder && !maskIsFolder) return [{ image, mask, out }];
  if (!imageIsFolder || !maskIsFolder) {
    throw new RefinerError('MASK_NOT_READABLE', {
      expected: '--image and --mask to be both files or both folders',
      received: `${imageIsFolder ? 'folder' : 'file'} and ${maskIsFolder ? 'folder' : 'file'}`,
    });
  }
  const [images, masks] = await Promise.all([imageFiles(image), imageFiles(mask)]);
  const pairs = images.flatMap((imageName) => {
    const stem = parse(imageName).name;
    return masks
      .filter((name) => parse(name).name === stem || name.startsWith(`${stem}.`))
      .filter((name) => image !== mask || name !== imageName)
      .map((name) => ({
        image: join(image, imageName),
        mask: join(mask, name),
        out: join(out, `${parse(name).name}.png`),
      }));
  });
  if (pairs.length === 0) {
    throw new RefinerError('MASK_NOT_READABLE', {
      expected: 'mask files with the names of the images',
      received: `${images.length} images and ${masks.length} masks without a common name`,
    });
  }
  return pairs;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory();
}

async function imageFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => IMAGE_EXTENSIONS.has(parse(name).ext.toLowerCase())).sort();
}

export interface RefineFilesSettings {
  readonly model: Model;
  readonly options: RefineOptions;
  readonly semantic: boolean;
  readonly maxPixels: number;
}

/**
 * Refines the masks of one image and writes each as an 8-bit PNG (0, 255). A mask that is kept or
 * failed is written as it came in, so that the output is always complete. Throws the IMAGE_* and MASK_* errors.
 */
export async function refineImageFile(
  image: string,
  pairs: readonly FilePair[],
  settings: RefineFilesSettings,
  signal?: AbortSignal,
): Promise<readonly Verdict[]> {
  const pixels = await decodeImage(await readFile(image), {
    orientation: 'exif',
    maxPixels: settings.maxPixels,
  });
  const rough = await Promise.all(
    pairs.map(async ({ mask }) => decodeMaskImage(await readFile(mask), pixels)),
  );
  const verdicts = await refineRough(rough, sceneOf(settings.model, pixels), settings, signal);
  await Promise.all(
    pairs.map(async ({ out }, index) => {
      const verdict = verdicts[index];
      if (!verdict) return;
      await mkdir(dirname(out), { recursive: true });
      await writeFile(out, await encodeMaskPng(verdict.mask));
    }),
  );
  return verdicts;
}

async function refineRough(
  rough: readonly Mask[],
  scene: Scene,
  { semantic, options }: RefineFilesSettings,
  signal?: AbortSignal,
): Promise<readonly Verdict[]> {
  if (semantic) return refineSemanticMasks(rough, await scene.decoderOf(null), options, signal);
  const unguided = rough.map((mask) => ({ mask, guidance: null }));
  return refineInScene(unguided, scene, options, signal);
}
