import { join } from 'node:path';
import type { Config } from '../../config.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import type { Models } from '../models.js';
import { programFingerprint } from './program-fingerprint.js';
import { openResultStore } from './result-store.js';
import { storeResults } from './stored-results.js';

export interface StoredResults {
  /** The models, answering what they have answered before from the store. */
  readonly serve: (models: Models) => Models;
  readonly close: () => Promise<void>;
}

/** Begins with a dot, so that it is no project's folder. */
const FOLDER_NAME = '.results';

const MEBIBYTE = 1024 * 1024;

/** Opens the store of finished results that the settings name, if any. A folder that is not usable costs a warning. */
export async function openStoredResults(config: Config, log: Log, metrics: Metrics): Promise<StoredResults> {
  if (config.resultCacheMb === 0) return { serve: (models) => models, close: () => Promise.resolve() };
  const folder = config.resultCacheDir ?? join(config.adaptersDir, FOLDER_NAME);
  const store = openResultStore({
    folder,
    maxBytes: config.resultCacheMb * MEBIBYTE,
    onFailure: (err) => log.warn({ folder, err }, 'finished results are not stored'),
  });
  const settings = {
    store,
    program: await programFingerprint(),
    onLookup: (stored: number, missing: number) => metrics.resultsLookedUp(stored, missing),
  };
  return { serve: (models) => storeResults(models, settings), close: () => store.close() };
}
