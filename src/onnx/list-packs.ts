import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_NAME } from './pack.js';

export interface FoundPack {
  /** Name of its folder. */
  readonly name: string;
  readonly directory: string;
}

/** The folders of `modelsDir` that hold a `pack.json`, by name; none where there is no such folder. Nothing is checked. */
export async function listPacks(modelsDir: string): Promise<readonly FoundPack[]> {
  const names = await readdir(modelsDir).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const found = await Promise.all(
    names.map(async (name) => {
      const directory = join(modelsDir, name);
      return (await isFile(join(directory, MANIFEST_NAME))) ? [{ name, directory }] : [];
    }),
  );
  return found.flat().sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
