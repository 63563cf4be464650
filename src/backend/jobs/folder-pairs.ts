import { readdir } from 'node:fs/promises';
import { parse } from 'node:path';
import { RefinerError } from '../../errors.js';

/** An image of a folder with its masks, by file name, and the name that each refined mask gets. */
export interface ImageWithMasks {
  readonly image: string;
  readonly masks: readonly { readonly name: string; readonly out: string }[];
}

/** Images of one job; with a few hundred bytes a mask its report stays small enough to be one answer. */
const MAX_MASKS = 20_000;
const IMAGE_EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.gif', '.avif']);

/**
 * Pairs two folders by name: `photo.jpg` goes with every mask whose name without extension is `photo` or starts with
 * `photo.`. Images without a mask are left out. Throws JOB_FOLDER_INVALID when nothing pairs up, when there is too much,
 * or when two masks would be written to the same file.
 */
export async function pairFolders(images: string, masks: string): Promise<readonly ImageWithMasks[]> {
  const [imageNames, maskNames] = await Promise.all([imageFiles(images), imageFiles(masks)]);
  const byStem = new Map<string, string[]>();
  for (const name of maskNames) {
    for (const stem of stemsOf(name)) byStem.set(stem, [...(byStem.get(stem) ?? []), name]);
  }
  const written = new Set<string>();
  const pairs: ImageWithMasks[] = [];
  for (const image of imageNames) {
    const own = byStem.get(parse(image).name) ?? [];
    const named = own.map((name) => ({ name, out: `${parse(name).name}.png` }));
    for (const { out } of named) {
      if (written.has(out)) throw invalid('one mask for each refined file', `two masks for ${out}`);
      written.add(out);
    }
    if (named.length > 0) pairs.push({ image, masks: named });
  }
  if (pairs.length === 0) {
    throw invalid(
      'mask files with the names of the images',
      `${imageNames.length} images and ${maskNames.length} masks without a common name`,
    );
  }
  if (written.size > MAX_MASKS) throw invalid(`at most ${MAX_MASKS} masks`, `${written.size}`);
  return pairs;
}

/** `a.b.png` belongs to images named `a.b` and `a`. */
function stemsOf(name: string): readonly string[] {
  const parts = parse(name).name.split('.');
  return parts.map((_, index) => parts.slice(0, index + 1).join('.'));
}

/** Links are left out: they may lead out of the data folder. */
async function imageFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && IMAGE_EXTENSIONS.has(parse(entry.name).ext.toLowerCase()))
    .map((entry) => entry.name)
    .sort();
}

function invalid(expected: string, received: string): RefinerError {
  return new RefinerError('JOB_FOLDER_INVALID', { expected, received });
}
