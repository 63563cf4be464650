import { resolve } from 'node:path';
import { Checkpoint } from '../onnx/checkpoint/checkpoint.js';
import type { PackManifest } from '../onnx/pack-manifest.js';
import { readManifest } from '../onnx/pack.js';
import { countParameters } from './inspect-checkpoint.js';
import { type InstalledModel, installedModel } from './installed-models.js';
import { type ModelCost, modelCostOf } from './model-cost.js';

export interface ModelFacts {
  readonly model: InstalledModel;
  readonly manifest: PackManifest;
  /** Null for a model of ONNX files. */
  readonly parameters: number | null;
  readonly cost: ModelCost | null;
}

/** What is known of an installed model. Throws PACK_UNKNOWN, PACK_INVALID, CHECKPOINT_*. */
export async function modelFacts(name: string, modelsDir: string | null): Promise<ModelFacts> {
  const model = await installedModel(name, modelsDir);
  const manifest = model.manifest ?? (await readManifest(model.directory));
  const parameters =
    manifest.formatVersion === 2
      ? await parametersOf(resolve(model.directory, manifest.checkpoint.path))
      : null;
  return { model, manifest, parameters, cost: modelCostOf(manifest.family) };
}

async function parametersOf(path: string): Promise<number> {
  const checkpoint = await Checkpoint.open(path);
  try {
    return countParameters(checkpoint);
  } finally {
    await checkpoint.close();
  }
}
