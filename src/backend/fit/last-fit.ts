import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectFolder } from '../../fit/adapter-store.js';
import { replaceFile } from '../../fit/write-version.js';
import { compileSchema } from '../validate.js';

/** When a project was last learned from, whatever came of it. */
export interface LastFit {
  /** Milliseconds since 1970. */
  readonly endedMs: number;
  /** Masks that the project had. */
  readonly masks: number;
}

const FILE = 'last-fit.json';

const LAST_FIT_SCHEMA = {
  type: 'object',
  required: ['endedMs', 'masks'],
  properties: { endedMs: { type: 'number' }, masks: { type: 'integer', minimum: 0 } },
} as const;

/** Null when there was none, or when its file is damaged: then the next fit is as good as the first. Throws ADAPTER_PROJECT. */
export async function readLastFit(adaptersDir: string, project: string): Promise<LastFit | null> {
  const text = await readFile(join(projectFolder(adaptersDir, project), FILE), 'utf8').catch(() => '');
  try {
    return compileSchema<LastFit>(LAST_FIT_SCHEMA)(JSON.parse(text));
  } catch {
    return null;
  }
}

export async function writeLastFit(adaptersDir: string, project: string, fit: LastFit): Promise<void> {
  const folder = projectFolder(adaptersDir, project);
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, FILE), `${JSON.stringify(fit)}\n`);
}
