import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RefinerError } from '../../errors.js';
import { currentVersion, loadAdapter, parentOf, projectFolder } from '../../fit/adapter-store.js';
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
   * used. Never throws for an adapter's sake: one that is damaged or of another model is warned of once, and the
   * version that was in use before it takes its place, if that is whole and of this model.
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
  const about = { project, model: model.inference.modelVersion };
  const tried = new Set<number>();
  try {
    const current = await currentVersion(adaptersDir, project);
    let next: number | null | undefined = current;
    while (typeof next === 'number' && !tried.has(next)) {
      const version: number = next;
      tried.add(version);
      const found = await look(adaptersDir, project, version, model);
      if ('adapter' in found) {
        if (version !== current) log.warn({ ...about, version, instead: current }, 'earlier adapter in use');
        return { project, version, adapter: found.adapter };
      }
      log.warn({ ...about, version, err: found.err }, 'adapter not used');
      next = found.parent;
    }
    if (tried.size > 0) {
      const reason =
        next === undefined ? 'which one was in use before is not known' : 'none was in use before';
      log.warn({ ...about, tried: [...tried] }, `no adapter in use, the model chooses alone: ${reason}`);
    }
  } catch (err) {
    log.warn({ project, err }, 'no adapter in use');
  }
  return null;
}

/** A usable adapter; or why it is none, and the version that was in use before it, undefined where that is not known. */
type Looked =
  | { readonly adapter: IouAdapter }
  | { readonly err: RefinerError; readonly parent: number | null | undefined };

/**
 * Only the versions that were in use before one may take its place: a lower number may have been rolled back, because it
 * was bad. Throws what is no fault of the adapter.
 */
async function look(
  adaptersDir: string,
  project: string,
  version: number,
  { fingerprint, inference }: ServedModel,
): Promise<Looked> {
  try {
    const { record } = await loadAdapter(adaptersDir, project, version);
    if (record.model.fingerprint === fingerprint) return { adapter: record.adapter };
    const expected = `one of ${inference.modelVersion}`;
    const err = new RefinerError('ADAPTER_MISMATCH', {
      expected,
      received: `one of ${record.model.version}`,
    });
    return { err, parent: record.parent };
  } catch (err) {
    if (!(err instanceof RefinerError)) throw err;
    return { err, parent: await parentOf(adaptersDir, project, version) };
  }
}
