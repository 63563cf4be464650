import { RefinerError } from '../errors.js';
import { bestPack } from '../onnx/best-pack.js';
import { availablePacks } from '../onnx/find-pack.js';
import type { FoundPack } from '../onnx/list-packs.js';
import type { PackManifest } from '../onnx/pack-manifest.js';
import { filesOf, readManifest } from '../onnx/pack.js';

export interface InstalledModel extends FoundPack {
  /** Null where `pack.json` is not valid; then `problem` says why. */
  readonly manifest: PackManifest | null;
  readonly problem: string | null;
  /** Size of its files, as declared. */
  readonly bytes: number;
  /** Whether `auto` takes this one. */
  readonly isAuto: boolean;
}

/** All packs that can be chosen by name. Their files are not looked at. */
export async function installedModels(modelsDir: string | null): Promise<readonly InstalledModel[]> {
  const packs = await availablePacks(modelsDir);
  const best = await bestPack(packs);
  return Promise.all(packs.map((pack) => describe(pack, pack === best)));
}

/** The installed pack of a name. Throws PACK_UNKNOWN. */
export async function installedModel(name: string, modelsDir: string | null): Promise<InstalledModel> {
  const models = await installedModels(modelsDir);
  const found = models.find((model) => model.name === name);
  if (found) return found;
  throw new RefinerError('PACK_UNKNOWN', {
    expected: `one of ${models.map((model) => model.name).join(', ')}`,
    received: name.slice(0, 100),
  });
}

async function describe(pack: FoundPack, isAuto: boolean): Promise<InstalledModel> {
  try {
    const manifest = await readManifest(pack.directory);
    const bytes = filesOf(manifest).reduce((sum, file) => sum + file.bytes, 0);
    return { ...pack, manifest, problem: null, bytes, isAuto };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ...pack, manifest: null, problem, bytes: 0, isAuto };
  }
}
