import type { Config } from '../config.js';
import type { Admission } from './admission.js';
import type { NuclioUpstream } from './cvat/nuclio-upstream.js';
import type { StoredMasks } from './cvat/stored-masks.js';
import type { Drain } from './drain.js';
import type { AdaptersInUse } from './fit/adapters-in-use.js';
import type { ImageFetcher } from './fetch-image.js';
import type { JobQueue } from './jobs/job-queue.js';
import type { JsonParser } from './json-parser.js';
import type { ImageSource } from './label-studio/image-source.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import type { Models } from './models.js';

/** Everything that the HTTP side works with. Opened by `openServices`, or put together by a test. */
export interface Services {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Measured, and answering from stored results. */
  readonly models: Models;
  /** What projects have taught the models. */
  readonly adapters: AdaptersInUse;
  /** Bytes of an http(s) address or data URI that a stranger named. */
  readonly fetcher: ImageFetcher;
  /** Bytes of the image of a Label Studio task. */
  readonly images: ImageSource;
  readonly jobs: JobQueue;
  /** A real Nuclio behind what CVAT takes for one. */
  readonly nuclio: NuclioUpstream | null;
  /** The masks of projects in CVAT, for the detector; null unless projects are named. */
  readonly storedMasks: StoredMasks | null;
  readonly json: JsonParser;
  readonly admission: Admission;
  readonly drain: Drain;
  /** The program's version. */
  readonly version: string;
}
