import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { writeAdapter } from '../fit/adapter-file.js';
import {
  listAdapters,
  listProjects,
  loadAdapter,
  readAdapterFile,
  rollBack,
  storeAdapter,
} from '../fit/adapter-store.js';
import { configuredAdaptersDir } from './adapter-option.js';
import { adapterRow, adapterText } from './adapter-text.js';
import { positiveInteger } from './model-options.js';
import { toColumns } from './text-columns.js';

interface VersionFlags {
  readonly adapterVersion?: number;
}

/** `samrefiner adapters list|show|rollback|export|import`: what `fit` learned, by project. */
export function addAdaptersCommand(program: Command): void {
  const adapters = program.command('adapters').description('lists and manages what `fit` learned');
  adapters
    .command('list')
    .description('lists the versions of a project, or of all')
    .argument('[project]')
    .action(list);
  withVersion(adapters.command('show').description('tells all of a version').argument('<project>')).action(
    show,
  );
  adapters
    .command('rollback')
    .description('takes another version into use: the one before, or the one named')
    .argument('<project>')
    .argument('[version]', 'number of the version', positiveInteger)
    .action(rollback);
  withVersion(
    adapters
      .command('export')
      .description('writes a version to a file')
      .argument('<project>')
      .argument('<file>'),
  ).action(exportTo);
  adapters
    .command('import')
    .description('keeps an exported file as the next version of a project and takes it into use')
    .argument('<project>')
    .argument('<file>')
    .action(importFrom);
}

/** Not `--version`, which is the program's. */
function withVersion(command: Command): Command {
  return command.option(
    '--adapter-version <n>',
    'number of the version (default: the one in use)',
    positiveInteger,
  );
}

async function list(project: string | undefined): Promise<void> {
  const adaptersDir = configuredAdaptersDir();
  const projects = project === undefined ? await listProjects(adaptersDir) : [project];
  const rows: (readonly string[])[] = [];
  for (const name of projects) {
    for (const { version, inUse, record, problem } of await listAdapters(adaptersDir, name)) {
      const what = record === null ? [problem] : adapterRow(record);
      rows.push([name, String(version), inUse ? 'in use' : '', ...what]);
    }
  }
  process.stdout.write(rows.length === 0 ? 'no adapters\n' : `${toColumns(rows)}\n`);
}

async function show(project: string, { adapterVersion }: VersionFlags): Promise<void> {
  const stored = await loadAdapter(configuredAdaptersDir(), project, adapterVersion);
  process.stdout.write(`${adapterText(stored)}\n`);
}

async function rollback(project: string, to: number | undefined): Promise<void> {
  const version = await rollBack(configuredAdaptersDir(), project, to);
  process.stdout.write(
    version === null
      ? `${project} goes without an adapter\n`
      : `version ${version} of ${project} is in use\n`,
  );
}

async function exportTo(project: string, file: string, { adapterVersion }: VersionFlags): Promise<void> {
  const { version, record } = await loadAdapter(configuredAdaptersDir(), project, adapterVersion);
  await writeFile(file, writeAdapter(record));
  process.stdout.write(`version ${version} of ${project} is in ${file}\n`);
}

async function importFrom(project: string, file: string): Promise<void> {
  const record = await readAdapterFile(file);
  const version = await storeAdapter(configuredAdaptersDir(), project, record);
  process.stdout.write(`version ${version} of ${project} is in use\n`);
}
