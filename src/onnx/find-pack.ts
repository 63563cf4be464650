import { stat } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { RefinerError } from '../errors.js';
import { listPacks } from './list-packs.js';
import { findPackageRoot } from './package-root.js';

/** The embedded pack, which `auto` falls back to. */
const EMBEDDED_PACK = 'lite';

/**
 * The folder of the pack that `name` means: a path where it holds a slash, otherwise the pack of that name in
 * `modelsDir`, or else among those that come with the program. `auto` takes the embedded one. Throws PACK_UNKNOWN with
 * the names that there are.
 */
export async function findPack(name: string, modelsDir: string | null): Promise<string> {
  if (isAbsolute(name) || name.includes('/') || name.includes(sep)) return existingFolder(name);
  const wanted = name === 'auto' ? EMBEDDED_PACK : name;
  const own = join(await findPackageRoot(), 'models');
  const packs = (await Promise.all([modelsDir, own].filter((path) => path !== null).map(listPacks))).flat();
  const found = packs.find((pack) => pack.name === wanted);
  if (found) return found.directory;
  throw new RefinerError('PACK_UNKNOWN', {
    expected:
      packs.length === 0
        ? 'an installed pack'
        : `one of ${[...new Set(packs.map((p) => p.name))].join(', ')}`,
    received: wanted.slice(0, 100),
  });
}

async function existingFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) return path;
  throw new RefinerError('PACK_UNKNOWN', {
    expected: 'the folder of a model pack',
    received: path.slice(0, 200),
  });
}
