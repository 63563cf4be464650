import type { Config } from '../config.js';
import { packageVersion } from '../onnx/package-root.js';
import { createAdmission } from './admission.js';
import { type NuclioUpstream, openNuclioUpstream } from './cvat/nuclio-upstream.js';
import { openProjectMasks } from './cvat/project-masks.js';
import { createCvatClient } from './cvat/rest/client.js';
import { cvatConnection } from './cvat/rest/connection.js';
import type { StoredMasks } from './cvat/stored-masks.js';
import { createDrain } from './drain.js';
import { createAdaptersInUse } from './fit/adapters-in-use.js';
import { createImageFetcher } from './fetch-image.js';
import { createServerJobs, openJobStore } from './jobs/open-jobs.js';
import { JsonParser } from './json-parser.js';
import { createImageSource } from './label-studio/image-source.js';
import type { Log } from './log.js';
import { measureModels } from './measure.js';
import { createMetrics } from './metrics.js';
import { openModels } from './open-models.js';
import { openStoredResults } from './results/open-stored-results.js';
import type { Services } from './services.js';

export interface OpenServices {
  readonly services: Services;
  /** Resolves when a worker has loaded the default model; rejects with the reason when none can. */
  readonly modelReady: Promise<void>;
  readonly close: () => Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
/** Arrays, objects and strings in one body: far more than tasks have, little enough to hold in memory. */
const MAX_JSON_NODES = 2_000_000;

/**
 * Opens everything that the server works with. The default model's pack is checked before this resolves, its workers
 * load it afterwards. Throws what `openModels` throws and JOBS_FILE_UNUSABLE. Whoever opens the services closes them.
 */
export async function openServices(config: Config, log: Log): Promise<OpenServices> {
  const version = await packageVersion();
  const nuclio = nuclioBehind(config);
  const storedMasks = storedMasksOf(config);
  const opened = await openModels(config, log);
  const { defaultReady, close: closeModels } = opened;
  const store = await openJobStore(config).catch(async (error: unknown) => {
    await closeModels();
    throw error;
  });
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
  const results = await openStoredResults(config, log, metrics);
  const models = results.serve(measureModels(opened.models, metrics));
  const jobs = createServerJobs(config, log, { store, models, json });
  return {
    services: {
      config,
      log,
      metrics,
      models,
      adapters: createAdaptersInUse(config.adaptersDir, log),
      fetcher,
      images,
      jobs,
      nuclio,
      storedMasks,
      json,
      admission,
      drain,
      version,
    },
    modelReady: defaultReady,
    close: async () => {
      await jobs.stop();
      await store.close();
      await closeModels();
      await Promise.all([
        fetcher.close(),
        json.close(),
        results.close(),
        nuclio?.close(),
        storedMasks?.close(),
      ]);
      metrics.close();
    },
  };
}

/** Label Studio itself usually stands in a private network; naming it allows it. */
function allowedOrigins({ allowedOrigins: named, labelStudioUrl }: Config): readonly string[] {
  return labelStudioUrl === null ? named : [...named, new URL(labelStudioUrl).origin];
}

function nuclioBehind({ nuclioUpstream: url, verifySsl, maxBodyMb }: Config): NuclioUpstream | null {
  if (url === null) return null;
  return openNuclioUpstream({ url, verifyTls: verifySsl, maxAnswerBytes: maxBodyMb * MEBIBYTE });
}

/** Throws CVAT_NOT_SET_UP for projects without the address of their CVAT. */
function storedMasksOf(config: Config): StoredMasks | null {
  if (config.cvatDetectorProjects.length === 0) return null;
  const client = createCvatClient({
    connection: cvatConnection(config),
    verifyTls: config.verifySsl,
    maxImageBytes: config.maxImageMb * MEBIBYTE,
  });
  return openProjectMasks(client, config.cvatDetectorProjects);
}
