import { type Command, Option } from 'commander';
import { addModel } from '../models-store/add-model.js';
import { staysOutside } from '../models-store/install-checkpoint.js';
import { modelsFolder } from '../models-store/models-folder.js';
import { configuredModelsDir } from './configured-models.js';

interface AddFlags {
  readonly name?: string;
  readonly licence?: string;
  readonly copy?: boolean;
}

/** `samrefiner models add <file>`: a checkpoint from this machine. */
export function addModelsAddCommand(models: Command): void {
  models
    .command('add')
    .description('installs a PyTorch checkpoint of SAM, MobileSAM or HQ-SAM (.pth, .pt) from this machine')
    .argument('<file>', 'the checkpoint')
    .option('--name <name>', 'name to install it under (default: what it turns out to be)')
    .option('--licence <text>', 'licence of the weights, for `models list`')
    .addOption(new Option('--link', 'leave the file where it is (default)').conflicts('copy'))
    .option('--copy', 'copy the file into the models folder')
    .action(run);
}

async function run(file: string, flags: AddFlags): Promise<void> {
  const manifest = await addModel(file, {
    modelsDir: await modelsFolder(configuredModelsDir()),
    name: flags.name,
    licence: flags.licence,
    copy: flags.copy ?? false,
  });
  const place = staysOutside(manifest)
    ? `the file stays at ${manifest.checkpoint.path} and must not move`
    : 'the file lies in the models folder';
  process.stdout.write(`${manifest.name} (${manifest.family}) is installed; ${place}.\n`);
}
