import { join } from 'node:path';
import type { Config } from '../../config.js';
import type { Inference } from '../../onnx/inference.js';
import type { RefineOptions } from '../../refiner/options.js';
import type { Log } from '../log.js';
import { systemClock } from './clock.js';
import { cvatTaskRunner, cvatUndoRunner } from './cvat-task.js';
import { createJobQueue, type JobQueue } from './job-queue.js';
import { register } from './job-runner.js';
import { refineFolderRunner } from './refine-folder.js';
import type { JobStore } from './job-store.js';
import { openSqliteJobStore } from './sqlite-job-store.js';

/** What jobs are done with. */
export interface JobMeans {
  readonly store: JobStore;
  readonly inference: Inference;
  readonly options: RefineOptions;
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
  const refineFolder = refineFolderRunner({
    dataDir: config.dataDir,
    inference: means.inference,
    options: means.options,
    maxImageBytes: config.maxImageMb * MEBIBYTE,
  });
  const cvatTask = cvatTaskRunner({
    config,
    inferenceFor: () => Promise.resolve(means.inference),
    options: means.options,
  });
  return createJobQueue({
    store: means.store,
    runners: [register(refineFolder), register(cvatTask), register(cvatUndoRunner({ config }))],
    clock: systemClock(),
    log,
    maxRunning: MAX_RUNNING,
  });
}
