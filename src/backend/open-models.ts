import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Config } from '../config.js';
import { RefinerError } from '../errors.js';
import { findPack } from '../onnx/find-pack.js';
import type { Inference } from '../onnx/inference.js';
import { modelVersionOf } from '../onnx/model-version.js';
import { loadPack, readPack, type Pack } from '../onnx/pack.js';
import { openInferencePool, type PoolSettings } from '../onnx/pool.js';
import { logPoolEvent } from './log-pool-event.js';
import type { Log } from './log.js';
import { createModels, type Models, type ServedModel } from './models.js';
import { PendingInference } from './pending-inference.js';

export interface OpenModels {
  readonly models: Models;
  /** Resolves when a worker has loaded the default model; rejects with the reason when none can. */
  readonly defaultReady: Promise<void>;
  readonly close: () => Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
/** Longer than encoding one image takes with the largest model on a slow machine. */
const HANG_TIMEOUT_MS = 60_000;

/**
 * Finds the default model and those served beside it, and starts loading the default one; each of the others is loaded
 * when it is first needed, in workers of its own. Of the default model's pack all files are checked before this
 * resolves, of the others `pack.json`. Throws PACK_UNKNOWN and the other PACK_* errors, and CONFIG_INVALID for two
 * folders of one name. Whoever opens the models closes them.
 */
export async function openModels(config: Config, log: Log): Promise<OpenModels> {
  const directory = resolve(await findPack(config.model, config.modelsDir));
  const others = await foldersBeside(directory, config);
  const pending = [await loadPack(directory), ...(await Promise.all(others.map(readPack)))].map((pack) =>
    pendingModel(pack, config, log),
  );
  const [first, ...rest] = pending;
  if (!first) throw new RefinerError('INTERNAL');
  return {
    models: createModels(
      first.model,
      rest.map(({ model }) => model),
    ),
    defaultReady: first.inference.open(),
    close: async () => {
      await Promise.all(pending.map(({ inference }) => inference.close()));
    },
  };
}

/** The folders of SAMREFINER_SERVE without the default model's, each once. */
async function foldersBeside(directory: string, config: Config): Promise<readonly string[]> {
  const found = await Promise.all(config.servedModels.map((name) => findPack(name, config.modelsDir)));
  const folders = [...new Set([directory, ...found.map((folder) => resolve(folder))])];
  const names = folders.map((folder) => basename(folder));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return folders.slice(1);
  throw new RefinerError('CONFIG_INVALID', {
    where: 'SAMREFINER_SERVE',
    expected: 'model packs whose folders have different names',
    received: `two named ${twice}`,
  });
}

function pendingModel(
  pack: Pack,
  config: Config,
  log: Log,
): { readonly model: ServedModel; readonly inference: PendingInference } {
  const model = modelVersionOf(pack, config.precision);
  const settings = poolSettings(config, pack.directory, log);
  const inference = new PendingInference(model, (signal) => openPool(settings, model, log, signal));
  return {
    inference,
    model: {
      name: basename(pack.directory),
      inference,
      fingerprint: pack.fingerprint,
      defaults: pack.manifest.defaults,
      requireReady: () => inference.requireReady(),
    },
  };
}

async function openPool(
  settings: PoolSettings,
  model: string,
  log: Log,
  signal: AbortSignal,
): Promise<Inference> {
  log.info({ model }, 'loading model');
  try {
    return await openInferencePool(settings, signal);
  } catch (err) {
    if (!signal.aborted) log.error({ model, err }, 'model not loaded');
    throw err;
  }
}

function poolSettings(config: Config, packDirectory: string, log: Log): PoolSettings {
  const { workers, threadsPerWorker, precision, device } = config;
  const shared = Math.max(1, Math.floor(availableParallelism() / workers));
  return {
    packDirectory,
    workers,
    threadsPerWorker: threadsPerWorker === 0 ? shared : threadsPerWorker,
    precision,
    device,
    cacheBytes: config.cacheMb * MEBIBYTE,
    maxQueued: config.maxQueued,
    maxPixels: config.maxImageMegapixels * 1e6,
    hangTimeoutMs: HANG_TIMEOUT_MS,
    onEvent: (event) => logPoolEvent(log, event, device),
  };
}
