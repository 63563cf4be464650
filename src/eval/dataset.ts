import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { RefinerError } from '../errors.js';
import { maskFromBitmap } from '../refiner/mask.js';
import type { Mask } from '../refiner/types.js';

/** One coarse mask of one object of an image. */
export interface CoarseEntry {
  readonly object: number;
  readonly path: string;
}

export interface EvalItem {
  readonly id: string;
  readonly imagePath: string;
  readonly labelPath: string;
  readonly coarse: readonly CoarseEntry[];
}

export interface EvalSet {
  readonly name: string;
  readonly items: readonly EvalItem[];
}

/** Object ids of an image, one byte a pixel: 0 background, 255 void. */
export interface LabelMap {
  readonly width: number;
  readonly height: number;
  readonly ids: Uint8Array;
}

const BACKGROUND_ID = 0;
const VOID_ID = 255;

/** The sets below a folder with those of their images that have coarse masks. Throws as `listLabelledSets`. */
export async function listEvalSets(directory: string): Promise<readonly EvalSet[]> {
  const sets = await listLabelledSets(directory);
  return sets.map(({ name, items }) => ({ name, items: items.filter((item) => item.coarse.length > 0) }));
}

/**
 * Lists the sets below a folder: each subfolder with an `index.json` whose items name an image `<id>.jpg`, its label
 * map `<id>.png` (pixel value = object id, 255 = void) and perhaps coarse masks. A folder that itself holds an
 * `index.json` is one set. Throws MASK_NOT_READABLE when nothing is found.
 */
export async function listLabelledSets(directory: string): Promise<readonly EvalSet[]> {
  const own = await readSet(directory);
  if (own) return [own];
  const names = (await readdir(directory, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const sets: EvalSet[] = [];
  for (const name of names) {
    const set = await readSet(join(directory, name));
    if (set) sets.push(set);
  }
  if (sets.length === 0) {
    throw new RefinerError('MASK_NOT_READABLE', {
      where: directory,
      expected: 'folders with index.json, <id>.jpg, <id>.png and coarse masks',
      received: 'none',
    });
  }
  return sets;
}

interface IndexFile {
  readonly set: string;
  readonly items: readonly {
    readonly id: string;
    readonly coarse?: readonly { readonly object: number; readonly file: string }[];
  }[];
}

async function readSet(directory: string): Promise<EvalSet | null> {
  let text: string;
  try {
    text = await readFile(join(directory, 'index.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const index = JSON.parse(text) as IndexFile;
  const items = index.items.map((item) => ({
    id: item.id,
    imagePath: join(directory, `${item.id}.jpg`),
    labelPath: join(directory, `${item.id}.png`),
    coarse: (item.coarse ?? []).map((entry) => ({ object: entry.object, path: join(directory, entry.file) })),
  }));
  return { name: index.set, items };
}

/** Reads an indexed PNG whose palette entry i is the grey level i, so that any channel holds the object id. */
export async function readLabelMap(path: string): Promise<LabelMap> {
  const { data, info } = await sharp(path).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, ids: new Uint8Array(data) };
}

/** The ids of the objects that are there, in rising order. */
export function objectIds({ ids }: LabelMap): readonly number[] {
  const present = new Uint8Array(256);
  for (const id of ids) present[id] = 1;
  return [...present.keys()].filter((id) => present[id] === 1 && id !== BACKGROUND_ID && id !== VOID_ID);
}

/** The mask of one object, and the void pixels that count neither for nor against. */
export function objectMask(labels: LabelMap, object: number): Mask {
  return maskFromBitmap(
    labels.ids.map((id) => (id === object ? 1 : 0)),
    labels.width,
    labels.height,
  );
}

export function voidMask(labels: LabelMap): Mask {
  return objectMask(labels, VOID_ID);
}
