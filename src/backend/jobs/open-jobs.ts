import { join } from 'node:path';
import type { Config } from '../../config.js';
import { configuredOptions } from '../configured-options.js';
import { cocoSource } from '../fit/coco-source.js';
import type { FitPolicy } from '../fit/fit-policy.js';
import { fitRunner } from '../fit/fit-runner.js';
import { registerSource } from '../fit/fit-source.js';
import { folderSource } from '../fit/folder-source.js';
import type { JsonParser } from '../json-parser.js';
import type { Log } from '../log.js';
import type { Models } from '../models.js';
import { systemClock } from './clock.js';
import { createJobQueue, type JobQueue } from './job-queue.js';
import { register } from './job-runner.js';
import { refineFolderRunner } from './refine-folder.js';
import type { JobStore } from './job-store.js';
import { openSqliteJobStore } from './sqlite-job-store.js';

/** What jobs are done with. */
export interface JobMeans {
  readonly store: JobStore;
  readonly models: Models;
  readonly json: JsonParser;
}

const MEBIBYTE = 1024 * 1024;
/** Jobs feed the batch lane of the same workers: more would only hold more images in memory. */
const MAX_RUNNING = 2;

/** Opens the store that the settings name. Throws JOBS_FILE_UNUSABLE. */
export function openJobStore(config: Config): Promise<JobStore> {
  return openSqliteJobStore(config.jobsFile ?? join(config.adaptersDir, 'jobs.sqlite'));
}

/** The queue as the server runs it, with every kind of job there is. */
export function createServerJobs(config: Config, log: Log, means: JobMeans): JobQueue {
  const { store, models, json } = means;
  const files = { dataDir: config.dataDir, maxImageBytes: config.maxImageMb * MEBIBYTE };
  const clock = systemClock();
  const refineFolder = refineFolderRunner({
    ...files,
    inference: models.default.inference,
    options: configuredOptions(config, models.default),
  });
  const fit = fitRunner({
    sources: [registerSource(folderSource(files)), registerSource(cocoSource({ ...files, json }))],
    models,
    optionsFor: (model) => configuredOptions(config, model),
    adaptersDir: config.adaptersDir,
    policy: fitPolicyOf(config),
    imagesAtOnce: config.workers + 1,
    nowMs: () => clock.nowMs(),
  });
  return createJobQueue({
    store,
    runners: [register(refineFolder), register(fit)],
    clock,
    log,
    maxRunning: MAX_RUNNING,
  });
}

/** When events of a project lead to learning, as the settings say. */
export function fitPolicyOf({ fitMinNewMasks, fitMinMinutes, fitQuietSeconds }: Config): FitPolicy {
  return {
    minNewMasks: fitMinNewMasks,
    minPauseMs: fitMinMinutes * 60_000,
    quietMs: fitQuietSeconds * 1000,
  };
}
