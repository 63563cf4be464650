import { loadPack } from '../onnx/pack.js';
import { type InstalledModel, installedModel, installedModels } from './installed-models.js';

export interface VerifiedModel {
  readonly name: string;
  /** What is wrong with it, null when it is whole. */
  readonly problem: string | null;
}

/** Checks size and SHA-256 of every file of one pack, or of all. Throws PACK_UNKNOWN, or the signal's reason. */
export async function verifyModels(
  name: string | null,
  modelsDir: string | null,
  signal?: AbortSignal,
): Promise<readonly VerifiedModel[]> {
  const models = name === null ? await installedModels(modelsDir) : [await installedModel(name, modelsDir)];
  const verified: VerifiedModel[] = [];
  // One after another: the disk is the limit.
  for (const model of models) verified.push(await verify(model, signal));
  return verified;
}

async function verify({ name, directory }: InstalledModel, signal?: AbortSignal): Promise<VerifiedModel> {
  try {
    await loadPack(directory, signal);
    return { name, problem: null };
  } catch (error) {
    signal?.throwIfAborted();
    return { name, problem: error instanceof Error ? error.message : String(error) };
  }
}
