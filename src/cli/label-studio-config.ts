import { type Command, Option } from 'commander';
import {
  MASK_CONTROLS,
  type MaskControl,
  recommendedConfig,
} from '../backend/label-studio/recommended-config.js';
import { commaSeparated } from './comma-separated.js';

/** `samrefiner label-studio config --labels Ball,Panel`: prints the labelling configuration that works best. */
export function addLabelStudioConfigCommand(parent: Command): void {
  parent
    .command('config')
    .description(
      'prints the recommended labeling config, to be pasted into Settings → Labeling Interface → Code',
    )
    .requiredOption('--labels <names>', 'labels, comma-separated', commaSeparated)
    .addOption(
      new Option('--type <control>', 'what masks are drawn as')
        .choices(Object.keys(MASK_CONTROLS))
        .default('brush'),
    )
    .action(({ labels, type }: { labels: readonly string[]; type: MaskControl }) => {
      process.stdout.write(`${recommendedConfig(labels, type)}\n`);
    });
}
