import type { Execution } from './execution.js';
import { findPack } from './find-pack.js';
import { type Model, openModel } from './model.js';
import { loadPack } from './pack.js';

/**
 * Opens a pack for use on the calling thread: by name (`auto`, `lite`, …) from `modelsDir` or the program's own packs,
 * or by folder. The caller closes it. Throws PACK_UNKNOWN and what `loadPack` and `openModel` throw.
 */
export async function openModelByName(
  name: string,
  settings: Execution & { readonly modelsDir?: string | null },
): Promise<Model> {
  const pack = await loadPack(await findPack(name, settings.modelsDir ?? null));
  return openModel(pack, settings);
}
