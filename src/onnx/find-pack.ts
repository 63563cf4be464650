import { stat } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { RefinerError } from '../errors.js';
import { bestPack } from './best-pack.js';
import { type FoundPack, listPacks } from './list-packs.js';
import { findPackageRoot } from './package-root.js';

/**
 * The folder of the pack that `name` means: a path where it holds a slash, otherwise the pack of that name in
 * `modelsDir`, or else among those that come with the program. `auto` takes the best one (see `AUTO_ORDER`). Throws
 * PACK_UNKNOWN with the names that there are.
 */
export async function findPack(name: string, modelsDir: string | null): Promise<string> {
  if (isAbsolute(name) || name.includes('/') || name.includes(sep)) return existingFolder(name);
  const packs = await availablePacks(modelsDir);
  const found = name === 'auto' ? await bestPack(packs) : packs.find((pack) => pack.name === name);
  if (found) return found.directory;
  throw new RefinerError('PACK_UNKNOWN', {
    expected: packs.length === 0 ? 'an installed pack' : `one of ${packs.map((p) => p.name).join(', ')}`,
    received: name.slice(0, 100),
  });
}

/** The packs of `modelsDir` and those that come with the program, each name once. */
export async function availablePacks(modelsDir: string | null): Promise<readonly FoundPack[]> {
  const own = await ownModelsFolder();
  const folders = modelsDir === null ? [own] : [modelsDir, own];
  const packs = (await Promise.all(folders.map(listPacks))).flat();
  return packs.filter(({ name }, index) => packs.findIndex((pack) => pack.name === name) === index);
}

/** The folder of the packs that come with the program. */
export async function ownModelsFolder(): Promise<string> {
  return join(await findPackageRoot(), 'models');
}

async function existingFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return path;
  throw new RefinerError('PACK_UNKNOWN', {
    expected: 'the folder of a model pack',
    received: path.slice(0, 200),
  });
}
