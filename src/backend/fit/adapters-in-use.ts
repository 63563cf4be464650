import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RefinerError } from '../../errors.js';
import { currentVersion, loadAdapter, projectFolder, versionsOf } from '../../fit/adapter-store.js';
import type { IouAdapter } from '../../refiner/iou-adapter.js';
import type { ServedModel } from '../models.js';
import { taughtModel } from './taught-model.js';

/** An adapter that predictions are made with. */
export interface AdapterInUse {
  readonly project: string;
  readonly version: number;
  readonly adapter: IouAdapter;
}

export interface AdaptersInUse {
  /**
   * The model as the project has taught it; the model itself where the project has nothing in use or no adapter can be
   * used. Never throws for an adapter's sake: one that is damaged or of another model is warned of once, and the newest
   * earlier version that is whole and of this model takes its place.
   */
  taught(project: string, model: ServedModel): Promise<ServedModel>;
}

/** What a project had in use when its file `current` was as `mark` says. */
interface Known {
  readonly mark: string;
  readonly found: Promise<AdapterInUse | null>;
}

/** More projects and models than are asked about in a day, few enough to be kept in memory. */
const MAX_KNOWN = 1000;

export interface AdaptersLog {
  warn(facts: object, message: string): void;
}

/**
 * Adapters by project, read when they are first needed. Whether another version has come into use is seen at every request
 * by the date of one small file, so that it does not matter who moved it: a job, a request or the command line.
 */
export function createAdaptersInUse(adaptersDir: string, log: AdaptersLog): AdaptersInUse {
  const known = new Map<string, Known>();
  return {
    taught: async (project, model) => {
      const mark = await markOf(adaptersDir, project);
      if (mark === null) return model;
      const key = `${project}\n${model.fingerprint}`;
      let entry = known.get(key);
      if (entry?.mark !== mark) {
        entry = { mark, found: find(adaptersDir, project, model, log) };
        known.delete(key);
        known.set(key, entry);
        for (const oldest of known.keys()) {
          if (known.size <= MAX_KNOWN) break;
          known.delete(oldest);
        }
      }
      const inUse = await entry.found;
      return inUse === null ? model : taughtModel(model, inUse);
    },
  };
}

/** Changes whenever `current` is replaced; null where there is none, or no project can have that name. */
async function markOf(adaptersDir: string, project: string): Promise<string | null> {
  try {
    const { ino, mtimeNs, size } = await stat(join(projectFolder(adaptersDir, project), 'current'), {
      bigint: true,
    });
    return `${ino}:${mtimeNs}:${size}`;
  } catch {
    return null;
  }
}

async function find(
  adaptersDir: string,
  project: string,
  model: ServedModel,
  log: AdaptersLog,
): Promise<AdapterInUse | null> {
  const modelVersion = model.inference.modelVersion;
  try {
    const current = await currentVersion(adaptersDir, project);
    if (current === null) return null;
    const versions = await versionsOf(adaptersDir, project);
    for (const version of [current, ...versions.filter((earlier) => earlier < current).reverse()]) {
      const adapter = await usable(adaptersDir, project, version, model).catch((err: unknown) => {
        log.warn({ project, version, model: modelVersion, err }, 'adapter not used');
        return null;
      });
      if (adapter === null) continue;
      if (version !== current) log.warn({ project, version, instead: current }, 'earlier adapter in use');
      return { project, version, adapter };
    }
  } catch (err) {
    log.warn({ project, err }, 'no adapter in use');
  }
  return null;
}

/** Throws ADAPTER_UNKNOWN, ADAPTER_DAMAGED, ADAPTER_MISMATCH. */
async function usable(
  adaptersDir: string,
  project: string,
  version: number,
  { fingerprint, inference }: ServedModel,
): Promise<IouAdapter> {
  const { record } = await loadAdapter(adaptersDir, project, version);
  if (record.model.fingerprint === fingerprint) return record.adapter;
  throw new RefinerError('ADAPTER_MISMATCH', {
    expected: `one of ${inference.modelVersion}`,
    received: `one of ${record.model.version}`,
  });
}
