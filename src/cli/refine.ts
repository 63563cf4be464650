import { Presets, SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import type { Model } from '../onnx/model.js';
import type { Verdict } from '../refiner/verdict.js';
import { type AdapterFlags, addAdapterOption, withAdapter } from './adapter-option.js';
import { openChosenModel } from './configured-models.js';
import { addModelOptions, type ModelFlags, refineOptionsFrom } from './model-options.js';
import { type FilePair, pairFiles, refineImageFile, type RefineFilesSettings } from './refine-files.js';

interface RefineFlags extends ModelFlags, AdapterFlags {
  readonly image: string;
  readonly mask: string;
  readonly out: string;
  readonly semantic: boolean;
}

const MAX_IMAGE_PIXELS = 100_000_000;

/** `samrefiner refine`: one photograph and mask, or a folder of both. */
export function addRefineCommand(program: Command): void {
  const command = program
    .command('refine')
    .description('refines a mask, or a folder of masks')
    .requiredOption('--image <path>', 'photograph, or a folder of them')
    .requiredOption(
      '--mask <path>',
      'rough mask (white is the object), or a folder of masks named like the images',
    )
    .requiredOption('--out <path>', 'refined mask (PNG), or the folder for them')
    .option(
      '--semantic',
      'a mask covers a class, not one object: split it, refine the parts, unite them',
      false,
    );
  addAdapterOption(addModelOptions(command)).action(run);
}

async function run(flags: RefineFlags): Promise<void> {
  const pairs = await pairFiles(flags.image, flags.mask, flags.out);
  const model = await openChosenModel(flags);
  try {
    await refinePairs(pairs, await settingsFor(flags, model));
  } finally {
    await model.close();
  }
}

async function settingsFor(flags: RefineFlags, model: Model): Promise<RefineFilesSettings> {
  const options = await withAdapter(refineOptionsFrom(flags, model), flags, model);
  return { model, options, semantic: flags.semantic, maxPixels: MAX_IMAGE_PIXELS };
}

async function refinePairs(pairs: readonly FilePair[], settings: RefineFilesSettings): Promise<void> {
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} masks', stream: process.stderr, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(pairs.length, 0);
  const lines: string[] = [];
  let failures = 0;
  try {
    for (const [image, ofImage] of byImage(pairs)) {
      try {
        const verdicts = await refineImageFile(image, ofImage, settings);
        lines.push(...ofImage.map((pair, index) => `${pair.out}: ${describe(verdicts[index])}`));
      } catch (error) {
        failures += ofImage.length;
        lines.push(`${image}: ${error instanceof Error ? error.message : String(error)}`);
      }
      bar.increment(ofImage.length);
    }
  } finally {
    bar.stop();
  }
  process.stdout.write(`${lines.join('\n')}\n`);
  if (failures > 0) process.exitCode = 1;
}

function byImage(pairs: readonly FilePair[]): Map<string, FilePair[]> {
  const groups = new Map<string, FilePair[]>();
  for (const pair of pairs) groups.set(pair.image, [...(groups.get(pair.image) ?? []), pair]);
  return groups;
}

function describe(verdict: Verdict | undefined): string {
  if (!verdict) return 'nothing came back';
  if (verdict.status === 'failed') return `failed (${verdict.reason}), the rough mask was written`;
  const figures = verdict.figures
    ? `agreement ${verdict.figures.agreementIou.toFixed(3)}, predicted IoU ${verdict.figures.predictedIou.toFixed(3)}, ` +
      `stability ${verdict.figures.stability.toFixed(3)}`
    : 'no figures';
  return verdict.status === 'refined'
    ? `refined (${figures})`
    : `kept as it was: ${verdict.reason} (${figures})`;
}
