import { loadConfig } from '../config.js';
import { type Model } from '../onnx/model.js';
import { openModelByName } from '../onnx/open-model-by-name.js';
import type { ModelFlags } from './model-options.js';

/** The models folder that the environment names; null for the program's own. */
export function configuredModelsDir(): string | null {
  return loadConfig(process.env).modelsDir;
}

/** Opens the model of `--model`, or else of SAMREFINER_MODEL. The caller closes it. */
export function openChosenModel({ model, threads }: ModelFlags): Promise<Model> {
  const config = loadConfig(process.env);
  return openModelByName(model ?? config.model, { threads, modelsDir: config.modelsDir });
}
