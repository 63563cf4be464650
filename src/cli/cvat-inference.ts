import { availableParallelism } from 'node:os';
import type { Config } from '../config.js';
import { adapterFor } from '../fit/adapter-file.js';
import { loadAdapter } from '../fit/adapter-store.js';
import { findPack } from '../onnx/find-pack.js';
import type { Inference } from '../onnx/inference.js';
import { modelVersionOf } from '../onnx/model-version.js';
import { optionsFor } from '../onnx/options-for.js';
import { loadPack, type Pack } from '../onnx/pack.js';
import { openInferencePool } from '../onnx/pool.js';
import type { RefineOptions } from '../refiner/options.js';
import type { AdapterFlags } from './adapter-option.js';
import type { ModelFlags } from './model-options.js';

/** One frame is never refined twice; what is in work needs no cache. */
const CACHE_BYTES = 0;
const MAX_QUEUED = 16;
/** Longer than encoding one image takes with the largest model on a slow machine. */
const HANG_TIMEOUT_MS = 120_000;

export interface ChosenInference {
  readonly inference: Inference;
  readonly options: RefineOptions;
  /** Of the model's pack. */
  readonly fingerprint: string;
}

/**
 * Opens the chosen model in a process of its own, so that others are answered while it computes. Throws the PACK_* and
 * ADAPTER_* errors. The caller closes the inference.
 */
export async function openChosenInference(
  config: Config,
  flags: ModelFlags & AdapterFlags,
  signal: AbortSignal,
): Promise<ChosenInference> {
  const pack = await loadPack(await findPack(flags.model ?? config.model, config.modelsDir), signal);
  const precision = flags.precision ?? config.precision;
  const version = modelVersionOf(pack, precision);
  const options = await withAdapterOf(
    optionsFor(pack.manifest.defaults, flags),
    flags,
    config,
    pack,
    version,
  );
  const inference = await openInferencePool(
    {
      packDirectory: pack.directory,
      workers: 1,
      threadsPerWorker: flags.threads === 0 ? availableParallelism() : flags.threads,
      precision,
      device: flags.device ?? config.device,
      cacheBytes: CACHE_BYTES,
      maxQueued: MAX_QUEUED,
      maxPixels: config.maxImageMegapixels * 1e6,
      hangTimeoutMs: HANG_TIMEOUT_MS,
    },
    signal,
  );
  return { inference, options, fingerprint: pack.fingerprint };
}

async function withAdapterOf(
  options: RefineOptions,
  { adapter: project }: AdapterFlags,
  { adaptersDir }: Config,
  pack: Pack,
  version: string,
): Promise<RefineOptions> {
  if (project === undefined) return options;
  const { record } = await loadAdapter(adaptersDir, project);
  // The pack's fingerprint decides; the head itself is known only where the model is open.
  const { features, outputs } = record.adapter;
  return { ...options, iouAdapter: adapterFor(record, { version, pack, iouHead: { features, outputs } }) };
}
