import type { Command } from 'commander';
import { type InstalledModel, installedModels } from '../models-store/installed-models.js';
import { modelsFolder } from '../models-store/models-folder.js';
import { type PublishedCheckpoint, readRegistry } from '../models-store/registry.js';
import { configuredModelsDir } from './configured-models.js';
import { inMegabytes } from './megabytes.js';
import { toColumns } from './text-columns.js';

/** `samrefiner models list`: what is installed, and what can be. */
export function addModelsListCommand(models: Command): void {
  models
    .command('list')
    .description('lists the installed models and those that can be pulled')
    .action(async () => {
      const modelsDir = configuredModelsDir();
      const installed = await installedModels(modelsDir);
      const names = new Set(installed.map(({ name }) => name));
      const others = (await readRegistry()).filter(({ name }) => !names.has(name));
      const lines = toColumns([
        ['name', 'family', 'size', 'licence', 'state'],
        ...installed.map(installedRow),
        ...others.map(publishedRow),
      ]);
      process.stdout.write(`${lines}\n\nmodels folder: ${await modelsFolder(modelsDir)}\n`);
    });
}

function installedRow({ name, manifest, problem, bytes, isAuto }: InstalledModel): readonly string[] {
  if (manifest === null) return [name, '?', '?', '?', problem ?? 'not valid'];
  const state = isAuto ? 'installed, taken by auto' : 'installed';
  return [name, manifest.family, inMegabytes(bytes), manifest.licence, state];
}

function publishedRow({ name, bytes, licence }: PublishedCheckpoint): readonly string[] {
  return [
    name,
    name,
    bytes === null ? '?' : inMegabytes(bytes),
    licence,
    `\`samrefiner models pull ${name}\``,
  ];
}
