import { loadConfig } from '../config.js';
import { type Model } from '../onnx/model.js';
import { openModelByName } from '../onnx/open-model-by-name.js';
import type { ModelFlags } from './model-options.js';

/** The models folder that the environment names; null for the program's own. */
export function configuredModelsDir(): string | null {
  return loadConfig(process.env).modelsDir;
}

/**
 * Opens the model that the flags, or else the settings, choose, and tells on stderr if the device cannot be used. The
 * caller closes it.
 */
export async function openChosenModel(flags: ModelFlags): Promise<Model> {
  const config = loadConfig(process.env);
  const device = flags.device ?? config.device;
  const model = await openModelByName(flags.model ?? config.model, {
    threads: flags.threads,
    precision: flags.precision ?? config.precision,
    device,
    modelsDir: config.modelsDir,
  });
  const { provider, refused } = model.inUse;
  for (const { provider: wanted, reason } of device === 'auto' ? [] : refused) {
    process.stderr.write(`${wanted} cannot be used, running on ${provider}: ${reason}\n`);
  }
  return model;
}
