import { availableParallelism } from 'node:os';
import type { Config } from '../config.js';
import { findPack } from '../onnx/find-pack.js';
import { modelVersionOf } from '../onnx/model-version.js';
import { optionsFor } from '../onnx/options-for.js';
import { loadPack } from '../onnx/pack.js';
import { packageVersion } from '../onnx/package-root.js';
import { openInferencePool, type PoolEvent, type PoolSettings } from '../onnx/pool.js';
import { createAdmission } from './admission.js';
import { createDrain } from './drain.js';
import { createImageFetcher } from './fetch-image.js';
import { createServerJobs, openJobStore } from './jobs/open-jobs.js';
import { JsonParser } from './json-parser.js';
import { createImageSource } from './label-studio/image-source.js';
import type { Log } from './log.js';
import { measureInference } from './measure.js';
import { createMetrics } from './metrics.js';
import { openInBackground } from './pending-inference.js';
import type { Services } from './services.js';

export interface OpenServices {
  readonly services: Services;
  /** Resolves when a worker has loaded the model; rejects with the reason when none can. */
  readonly modelReady: Promise<void>;
  close(): Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
/** Arrays, objects and strings in one body: far more than tasks have, little enough to hold in memory. */
const MAX_JSON_NODES = 2_000_000;
/** Longer than encoding one image takes with the largest model on a slow machine. */
const HANG_TIMEOUT_MS = 60_000;

/**
 * Opens everything that the server works with. The model pack is checked before this resolves, its workers load it
 * afterwards. Throws PACK_UNKNOWN, the other PACK_* errors and JOBS_FILE_UNUSABLE. Whoever opens the services closes them.
 */
export async function openServices(config: Config, log: Log): Promise<OpenServices> {
  const pack = await loadPack(await findPack(config.model, config.modelsDir));
  const version = await packageVersion();
  const store = await openJobStore(config);
  const pool = poolSettings(config, pack.directory, log);
  const { inference, opened } = openInBackground(modelVersionOf(pack), (signal) =>
    openInferencePool(pool, signal),
  );
  const fetcher = createImageFetcher({
    maxBytes: config.maxImageMb * MEBIBYTE,
    timeoutMs: config.fetchTimeoutMs,
    allowedOrigins: allowedOrigins(config),
    verifyTls: config.verifySsl,
  });
  const images = createImageSource(
    {
      labelStudioUrl: config.labelStudioUrl,
      apiKey: config.labelStudioToken,
      localFilesRoot: config.localFilesRoot,
    },
    fetcher,
    log,
  );
  const json = new JsonParser({ maxDepth: config.maxJsonDepth, maxNodes: MAX_JSON_NODES });
  const metrics = createMetrics();
  const admission = createAdmission({
    maxRequests: config.maxRequests,
    maxBytes: config.maxInFlightMb * MEBIBYTE,
    maxBodyBytes: config.maxBodyMb * MEBIBYTE,
  });
  const drain = createDrain();
  const options = optionsFor(pack.manifest.defaults, config);
  const jobs = createServerJobs(config, log, {
    store,
    inference: measureInference(inference, metrics),
    options,
  });
  return {
    services: {
      config,
      log,
      metrics,
      inference,
      modelDefaults: pack.manifest.defaults,
      fetcher,
      images,
      jobs,
      json,
      admission,
      drain,
      version,
    },
    modelReady: opened,
    close: async () => {
      await jobs.stop();
      await store.close();
      await inference.close();
      await Promise.all([fetcher.close(), json.close()]);
      metrics.close();
    },
  };
}

function poolSettings(config: Config, packDirectory: string, log: Log): PoolSettings {
  const { workers, threadsPerWorker } = config;
  const shared = Math.max(1, Math.floor(availableParallelism() / workers));
  return {
    packDirectory,
    workers,
    threadsPerWorker: threadsPerWorker === 0 ? shared : threadsPerWorker,
    cacheBytes: config.cacheMb * MEBIBYTE,
    maxQueued: config.maxQueued,
    maxPixels: config.maxImageMegapixels * 1e6,
    hangTimeoutMs: HANG_TIMEOUT_MS,
    onEvent: (event) => logPoolEvent(log, event),
  };
}

function logPoolEvent(log: Log, event: PoolEvent): void {
  const { worker } = event;
  if (event.kind === 'worker-started') log.info({ worker, model: event.modelVersion }, 'worker started');
  else log.error({ worker, err: event.error }, 'worker lost');
}

/** Label Studio itself usually stands in a private network; naming it allows it. */
function allowedOrigins({ allowedOrigins: named, labelStudioUrl }: Config): readonly string[] {
  return labelStudioUrl === null ? named : [...named, new URL(labelStudioUrl).origin];
}
