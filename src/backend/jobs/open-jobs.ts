import { join } from 'node:path';
import type { Config } from '../../config.js';
import { configuredOptions } from '../configured-options.js';
import type { AdaptersInUse } from '../fit/adapters-in-use.js';
import type { FitPolicy } from '../fit/fit-policy.js';
import { fitRunner } from '../fit/fit-runner.js';
import { fitSources, type SourceMeans } from '../fit/fit-sources.js';
import { projectModel } from '../label-studio/project-model.js';
import { policyOf, serverPolicy } from '../label-studio/refine-policy.js';
import type { Log } from '../log.js';
import type { Models } from '../models.js';
import { systemClock } from './clock.js';
import { cvatTaskRunner, cvatUndoRunner } from './cvat-task.js';
import { createJobQueue, type JobQueue } from './job-queue.js';
import { register } from './job-runner.js';
import { refineFolderRunner } from './refine-folder.js';
import type { JobStore } from './job-store.js';
import { openSqliteJobStore } from './sqlite-job-store.js';

/** What jobs are done with. */
export interface JobMeans extends SourceMeans {
  readonly store: JobStore;
  readonly models: Models;
  readonly adapters: AdaptersInUse;
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
  const { store, models, adapters } = means;
  const files = { dataDir: config.dataDir, maxImageBytes: config.maxImageMb * MEBIBYTE };
  const clock = systemClock();
  const options = configuredOptions(config, models.default);
  const refineFolder = refineFolderRunner({
    ...files,
    inference: models.default.inference,
    options,
  });
  const fit = fitRunner({
    sources: fitSources(config, means),
    models,
    choose: (named, extraParams) => {
      const { policy } = policyOf(extraParams, serverPolicy(config));
      const model = named === undefined ? projectModel(policy, models).model : models.get(named);
      return { model, options: configuredOptions(config, model, policy.masks) };
    },
    adaptersDir: config.adaptersDir,
    policy: fitPolicyOf(config),
    imagesAtOnce: config.workers + 1,
    nowMs: () => clock.nowMs(),
  });
  const cvatTask = cvatTaskRunner({
    config,
    inferenceFor: async (project) =>
      (project === null ? models.default : await adapters.taught(project, models.default)).inference,
    options,
  });
  return createJobQueue({
    store,
    runners: [
      register(refineFolder),
      register(fit),
      register(cvatTask),
      register(cvatUndoRunner({ config })),
    ],
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
