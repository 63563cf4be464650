import { rm } from 'node:fs/promises';
import { RefinerError } from '../errors.js';
import { EMBEDDED_FAMILY } from '../onnx/best-pack.js';
import { listPacks } from '../onnx/list-packs.js';
import { readManifest } from '../onnx/pack.js';
import { fileOutside } from './install-checkpoint.js';

export interface RemovedModel {
  /** The folder that is gone. */
  readonly directory: string;
  /** The checkpoint or encoder that stays where it was, outside of the folder; null where there is none. */
  readonly keptFile: string | null;
}

/**
 * Removes a pack's folder from the models folder and nothing outside of it: links in it go, not what they lead to.
 * Throws PACK_UNKNOWN, PACK_EMBEDDED for the pack that comes with the program.
 */
export async function removeModel(name: string, modelsDir: string): Promise<RemovedModel> {
  const packs = await listPacks(modelsDir);
  const found = packs.find((pack) => pack.name === name);
  if (!found) {
    throw new RefinerError('PACK_UNKNOWN', {
      where: modelsDir,
      expected: packs.length === 0 ? 'an installed pack' : `one of ${packs.map((p) => p.name).join(', ')}`,
      received: name.slice(0, 100),
    });
  }
  const manifest = await readManifest(found.directory).catch(() => null);
  if (manifest?.family === EMBEDDED_FAMILY) throw new RefinerError('PACK_EMBEDDED', { received: name });
  await rm(found.directory, { recursive: true });
  return { directory: found.directory, keptFile: manifest && fileOutside(manifest) };
}
