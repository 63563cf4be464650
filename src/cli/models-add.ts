import { type Command, Option } from 'commander';
import { addExport } from '../models-store/add-export.js';
import { addModel } from '../models-store/add-model.js';
import { isExport } from '../models-store/find-export-files.js';
import { fileOutside } from '../models-store/install-checkpoint.js';
import type { StatedInput } from '../onnx/export-ends.js';
import { modelsFolder } from '../models-store/models-folder.js';
import { configuredModelsDir } from './configured-models.js';

interface AddFlags {
  readonly name?: string;
  readonly licence?: string;
  readonly copy?: boolean;
  readonly encoder?: string;
  readonly encoderInput?: StatedInput;
}

/** `samrefiner models add <path>`: a checkpoint or an ONNX export from this machine. */
export function addModelsAddCommand(models: Command): void {
  models
    .command('add')
    .description(
      'installs a PyTorch checkpoint of SAM, MobileSAM or HQ-SAM (.pth, .pt), or an ONNX export of SAM',
    )
    .argument('<path>', 'the checkpoint; or the decoder of the export, or the folder of its two .onnx files')
    .option('--name <name>', 'name to install it under (default: what it turns out to be)')
    .option('--licence <text>', 'licence of the weights, for `models list`')
    .addOption(
      new Option('--link', 'leave the checkpoint or encoder where it is (default)').conflicts('copy'),
    )
    .option('--copy', 'copy it into the models folder')
    .option('--encoder <file>', 'the encoder of an ONNX export, if several files lie beside the decoder')
    .addOption(
      new Option(
        '--encoder-input <form>',
        'what an encoder takes whose input is [1, 3, size, size]: normalised planes, or raw ones of 0–255',
      ).choices(['normalised', 'raw']),
    )
    .action(run);
}

async function run(path: string, flags: AddFlags): Promise<void> {
  const options = {
    modelsDir: await modelsFolder(configuredModelsDir()),
    name: flags.name,
    licence: flags.licence,
    copy: flags.copy ?? false,
  };
  const { encoder, encoderInput } = flags;
  const manifest = (await isExport(path))
    ? await addExport(path, { ...options, encoder, encoderInput })
    : await addModel(path, options);
  const outside = fileOutside(manifest);
  const place =
    outside === null
      ? 'the file lies in the models folder'
      : `the file stays at ${outside} and must not move`;
  process.stdout.write(`${manifest.name} (${manifest.family}) is installed; ${place}.\n`);
}
