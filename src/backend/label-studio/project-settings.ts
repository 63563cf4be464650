import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isJsonObject } from './json-object.js';

/** What Label Studio says of a project in `/setup`, and only there. */
export interface ProjectSetting {
  readonly hostname: string | null;
  readonly accessToken: string | null;
  /** The JSON typed into the connection form; null if none. */
  readonly extraParams: unknown;
}

export interface ProjectSettings {
  get(project: string): Promise<ProjectSetting | null>;
  /** Remembers at once; resolves when it is also on disk. Rejects when writing fails, remembering all the same. */
  set(project: string, setting: ProjectSetting): Promise<void>;
}

/** Beside the projects' adapters; holds tokens, so only its owner may read it. */
export const PROJECTS_FILE = 'label-studio-projects.json';

/** More projects than an instance has, few enough that a stranger cannot fill memory. */
const MAX_PROJECTS = 10_000;

/** Keeps settings in memory only. */
export function inMemoryProjectSettings(): ProjectSettings {
  const settings = new Map<string, ProjectSetting>();
  return {
    get: (project) => Promise.resolve(settings.get(project) ?? null),
    set: (project, setting) => {
      remember(settings, project, setting);
      return Promise.resolve();
    },
  };
}

/**
 * Keeps settings in memory and in a JSON file that only its owner may read, because it holds tokens. The file is read
 * at the first use and replaced atomically; a damaged or missing one counts as empty. `/setup` comes with every page
 * view, so an unchanged setting is not written again.
 */
export function openProjectSettings(file: string): ProjectSettings {
  let loaded: Promise<Map<string, ProjectSetting>> | null = null;
  let writing: Promise<void> = Promise.resolve();
  const settings = (): Promise<Map<string, ProjectSetting>> => (loaded ??= readSettings(file));
  return {
    get: async (project) => (await settings()).get(project) ?? null,
    set: async (project, setting) => {
      const all = await settings();
      if (JSON.stringify(all.get(project)) === JSON.stringify(setting)) return;
      remember(all, project, setting);
      // One write after the other, each of the newest state; a failed one does not stop those after it.
      writing = writing.catch(() => undefined).then(() => writeSettings(file, all));
      await writing;
    },
  };
}

function remember(settings: Map<string, ProjectSetting>, project: string, setting: ProjectSetting): void {
  settings.delete(project);
  settings.set(project, setting);
  for (const oldest of settings.keys()) {
    if (settings.size <= MAX_PROJECTS) break;
    settings.delete(oldest);
  }
}

async function readSettings(file: string): Promise<Map<string, ProjectSetting>> {
  const settings = new Map<string, ProjectSetting>();
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return settings;
  }
  for (const [project, entry] of isJsonObject(parsed) ? Object.entries(parsed) : []) {
    if (!isJsonObject(entry)) continue;
    const { hostname, accessToken, extraParams } = entry;
    settings.set(project, {
      hostname: typeof hostname === 'string' ? hostname : null,
      accessToken: typeof accessToken === 'string' ? accessToken : null,
      extraParams: extraParams ?? null,
    });
  }
  return settings;
}

async function writeSettings(file: string, settings: ReadonlyMap<string, ProjectSetting>): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(Object.fromEntries(settings), null, 1));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  const directory = await open(folder, 'r');
  await directory.sync().finally(() => directory.close());
}
