import { Presets, SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { RefinerError } from '../errors.js';
import { modelsFolder } from '../models-store/models-folder.js';
import { pullModel } from '../models-store/pull-model.js';
import { readRegistry } from '../models-store/registry.js';
import { configuredModelsDir } from './configured-models.js';

const MEGABYTE = 1e6;

/** `samrefiner models pull <name>`: a published checkpoint from its authors' address. */
export function addModelsPullCommand(models: Command): void {
  models
    .command('pull')
    .description('downloads a published checkpoint and installs it; continues what was interrupted')
    .argument('<name>', 'such as mobile-sam or sam-vit-b (see `samrefiner models list`)')
    .action(run);
}

async function run(name: string): Promise<void> {
  const registry = await readRegistry();
  const published = registry.find((entry) => entry.name === name);
  if (!published) {
    throw new RefinerError('PACK_UNKNOWN', {
      expected: `one of ${registry.map((entry) => entry.name).join(', ')}`,
      received: name.slice(0, 100),
    });
  }
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} MB, {eta_formatted}', stream: process.stderr, clearOnComplete: true },
    Presets.shades_classic,
  );
  const modelsDir = await modelsFolder(configuredModelsDir());
  process.stderr.write(`${published.url} (${published.licence})\n`);
  bar.start(Math.ceil((published.bytes ?? 0) / MEGABYTE), 0);
  try {
    const manifest = await pullModel(published, {
      modelsDir,
      onProgress: (bytes, total) => {
        if (total !== null) bar.setTotal(Math.ceil(total / MEGABYTE));
        bar.update(Math.floor(bytes / MEGABYTE));
      },
    });
    bar.stop();
    process.stdout.write(`${manifest.name} is installed (SHA-256 ${manifest.checkpoint.sha256}).\n`);
  } finally {
    bar.stop();
  }
}
