import type { Config } from '../config.js';
import { packageVersion } from '../onnx/package-root.js';
import { createAdmission } from './admission.js';
import { createBackground } from './background.js';
import { configuredFetcher, configuredImageSource } from './configured-images.js';
import { type NuclioUpstream, openNuclioUpstream } from './cvat/nuclio-upstream.js';
import { openProjectMasks } from './cvat/project-masks.js';
import { createCvatClient } from './cvat/rest/client.js';
import { cvatConnection } from './cvat/rest/connection.js';
import type { StoredMasks } from './cvat/stored-masks.js';
import { createDrain } from './drain.js';
import { createAdaptersInUse } from './fit/adapters-in-use.js';
import { createServerJobs, openJobStore } from './jobs/open-jobs.js';
import { JsonParser } from './json-parser.js';
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
/** Images made ready at a time for those who have opened them, and how long that may take each. */
const MAX_IN_BACKGROUND = 4;
const BACKGROUND_DEADLINE_MS = 60_000;

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
  const fetcher = configuredFetcher(config);
  const images = configuredImageSource(config, fetcher, log);
  const json = new JsonParser({ maxDepth: config.maxJsonDepth, maxNodes: MAX_JSON_NODES });
  const metrics = createMetrics();
  const admission = createAdmission({
    maxRequests: config.maxRequests,
    maxBytes: config.maxInFlightMb * MEBIBYTE,
    maxBodyBytes: config.maxBodyMb * MEBIBYTE,
  });
  const drain = createDrain();
  const background = createBackground({
    maxAtOnce: MAX_IN_BACKGROUND,
    deadlineMs: BACKGROUND_DEADLINE_MS,
    onFailure: (work, err) => log.info({ work, err }, 'background work not done'),
  });
  const results = await openStoredResults(config, log, metrics);
  const models = results.serve(measureModels(opened.models, metrics));
  const adapters = createAdaptersInUse(config.adaptersDir, log);
  const jobs = createServerJobs(config, log, {
    store,
    models,
    adapters,
    json,
    images,
    http: fetcher.http,
  });
  return {
    services: {
      config,
      log,
      metrics,
      models,
      adapters,
      fetcher,
      images,
      jobs,
      background,
      nuclio,
      storedMasks,
      json,
      admission,
      drain,
      version,
    },
    modelReady: defaultReady,
    close: async () => {
      await Promise.all([jobs.stop(), background.close()]);
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
