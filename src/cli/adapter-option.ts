import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { adapterFor } from '../fit/adapter-file.js';
import { loadAdapter } from '../fit/adapter-store.js';
import type { Model } from '../onnx/model.js';
import type { RefineOptions } from '../refiner/options.js';

export interface AdapterFlags {
  readonly adapter?: string;
}

/** The folder of what is learned per project, as the environment says. */
export function configuredAdaptersDir(): string {
  return loadConfig(process.env).adaptersDir;
}

/** Adds `--adapter <project>` to a command. */
export function addAdapterOption(command: Command): Command {
  return command.option('--adapter <project>', 'choose candidates as learned for this project');
}

/**
 * The options with the adapter that the project has in use, if one was asked for. Throws as `loadAdapter` and
 * ADAPTER_MISMATCH.
 */
export async function withAdapter(
  options: RefineOptions,
  { adapter }: AdapterFlags,
  model: Model,
): Promise<RefineOptions> {
  if (adapter === undefined) return options;
  const { record } = await loadAdapter(configuredAdaptersDir(), adapter);
  return { ...options, iouAdapter: adapterFor(record, model) };
}
