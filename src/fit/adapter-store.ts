import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RefinerError } from '../errors.js';
import { MAX_ADAPTER_BYTES, readAdapter, writeAdapter } from './adapter-file.js';
import type { AdapterRecord } from './adapter-record.js';
import { replaceFile, writeVersion } from './write-version.js';

/**
 * Adapters lie in `<adaptersDir>/<project>/<version>.json` and never change; the file `current` beside them holds the
 * version in use, 0 for none. It moves only when the version it names is on the disk. `<version>.parent` says once more
 * which version was in use before, so that a damaged adapter does not take that with it.
 */
const CURRENT = 'current';
const VERSION_FILE = /^([1-9][0-9]{0,8})\.json$/;
const VERSION_TEXT = /^(0|[1-9][0-9]{0,8})\n$/;
const PROJECT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export interface StoredAdapter {
  readonly version: number;
  readonly record: AdapterRecord;
}

/** One version in a list; `problem` says why it cannot be used. */
export type ListedAdapter = { readonly version: number; readonly inUse: boolean } & (
  | { readonly record: AdapterRecord; readonly problem: null }
  | { readonly record: null; readonly problem: string }
);

/** The names of the projects that have a folder. */
export async function listProjects(adaptersDir: string): Promise<readonly string[]> {
  const entries = await readdir(adaptersDir, { withFileTypes: true }).catch(emptyWhereMissing);
  return entries
    .filter((entry) => entry.isDirectory() && PROJECT_NAME.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** The versions of a project, oldest first, damaged ones too. Throws ADAPTER_PROJECT. */
export async function listAdapters(adaptersDir: string, project: string): Promise<readonly ListedAdapter[]> {
  const current = await currentVersion(adaptersDir, project);
  const listed: ListedAdapter[] = [];
  for (const version of await versionsIn(projectFolder(adaptersDir, project))) {
    const about = { version, inUse: version === current };
    try {
      const { record } = await loadAdapter(adaptersDir, project, version);
      listed.push({ ...about, record, problem: null });
    } catch (error) {
      if (!(error instanceof RefinerError)) throw error;
      listed.push({ ...about, record: null, problem: error.message });
    }
  }
  return listed;
}

/**
 * One version of a project, the one in use unless named, checked as `readAdapter` does. Throws ADAPTER_PROJECT,
 * ADAPTER_UNKNOWN, ADAPTER_DAMAGED.
 */
export async function loadAdapter(
  adaptersDir: string,
  project: string,
  version?: number,
): Promise<StoredAdapter> {
  const folder = projectFolder(adaptersDir, project);
  const wanted = version ?? (await currentVersion(adaptersDir, project));
  if (wanted === null) {
    throw new RefinerError('ADAPTER_UNKNOWN', {
      where: folder,
      expected: 'a version in use',
      received: 'none',
    });
  }
  return { version: wanted, record: await readAdapterFile(join(folder, `${wanted}.json`)) };
}

/** The adapter in a file, wherever it lies. Throws ADAPTER_UNKNOWN, ADAPTER_DAMAGED. */
export async function readAdapterFile(path: string): Promise<AdapterRecord> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true) {
    throw new RefinerError('ADAPTER_UNKNOWN', { where: path, expected: 'a file', received: 'none' });
  }
  if (found.size > MAX_ADAPTER_BYTES) {
    throw new RefinerError('ADAPTER_DAMAGED', {
      where: path,
      expected: `at most ${MAX_ADAPTER_BYTES} bytes`,
      received: `${found.size} bytes`,
    });
  }
  return readAdapter(await readFile(path), path);
}

/**
 * Keeps an adapter as the project's next version, with the version in use as its parent, and takes it into use.
 * Returns its version. Throws ADAPTER_PROJECT.
 */
export async function storeAdapter(
  adaptersDir: string,
  project: string,
  record: Omit<AdapterRecord, 'parent'>,
): Promise<number> {
  const folder = projectFolder(adaptersDir, project);
  await mkdir(folder, { recursive: true });
  const parent = await currentVersion(adaptersDir, project);
  const newest = (await versionsIn(folder)).at(-1) ?? 0;
  const version = await writeVersion(folder, newest + 1, writeAdapter({ ...record, parent }));
  await replaceFile(join(folder, `${version}.parent`), `${parent ?? 0}\n`);
  await replaceFile(join(folder, CURRENT), `${version}\n`);
  return version;
}

/**
 * Takes an earlier version into use: the one named, or else the parent of the one in use; where that has none, the
 * project goes without an adapter. Returns the version now in use, null for none. Throws as `loadAdapter`; what cannot
 * be loaded is not taken into use.
 */
export async function rollBack(adaptersDir: string, project: string, to?: number): Promise<number | null> {
  const target = to ?? (await parentOfCurrent(adaptersDir, project));
  if (target !== null) await loadAdapter(adaptersDir, project, target);
  await replaceFile(join(projectFolder(adaptersDir, project), CURRENT), `${target ?? 0}\n`);
  return target;
}

/** A damaged version must not keep a project from going back to the one before. */
async function parentOfCurrent(adaptersDir: string, project: string): Promise<number | null> {
  try {
    return (await loadAdapter(adaptersDir, project)).record.parent;
  } catch (error) {
    const version = await currentVersion(adaptersDir, project);
    const parent = version === null ? undefined : await parentOf(adaptersDir, project, version);
    if (parent === undefined) throw error;
    return parent;
  }
}

/** The version in use, null for none. Throws ADAPTER_PROJECT, ADAPTER_DAMAGED when the file does not say one. */
export async function currentVersion(adaptersDir: string, project: string): Promise<number | null> {
  const path = join(projectFolder(adaptersDir, project), CURRENT);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '0\n';
    throw error;
  });
  if (!VERSION_TEXT.test(text)) {
    throw new RefinerError('ADAPTER_DAMAGED', {
      where: path,
      expected: 'a version and the end of the line',
      received: text.slice(0, 40),
    });
  }
  return Number(text) === 0 ? null : Number(text);
}

/**
 * The version that was in use before a version was stored, null for none; undefined where that is not known. For a version
 * whose own file cannot be read. Throws ADAPTER_PROJECT.
 */
export async function parentOf(
  adaptersDir: string,
  project: string,
  version: number,
): Promise<number | null | undefined> {
  const path = join(projectFolder(adaptersDir, project), `${version}.parent`);
  const text = await readFile(path, 'utf8').catch(() => '');
  if (!VERSION_TEXT.test(text)) return undefined;
  return Number(text) === 0 ? null : Number(text);
}

/** The folder of a project. Throws ADAPTER_PROJECT for a name that is more than a plain folder’s. */
export function projectFolder(adaptersDir: string, project: string): string {
  if (PROJECT_NAME.test(project)) return join(adaptersDir, project);
  throw new RefinerError('ADAPTER_PROJECT', {
    expected: 'letters, digits, dashes and underscores, at most 64, a letter or digit first',
    received: project.slice(0, 100),
  });
}

async function versionsIn(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch(emptyWhereMissing);
  return names
    .flatMap((name) => VERSION_FILE.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

function emptyWhereMissing(error: unknown): never[] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}
