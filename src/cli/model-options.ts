import { type Command, InvalidArgumentError, Option } from 'commander';
import { flag, numberUpTo } from '../config-values.js';
import { type Device, DEVICES, type Precision, PRECISIONS } from '../onnx/execution.js';
import type { Model } from '../onnx/model.js';
import { optionsFor } from '../onnx/options-for.js';
import { PRESETS } from '../refiner/presets.js';
import type { PresetName, RefineOptions } from '../refiner/options.js';

/** The options that choose model and algorithm, the same for every command that refines. */
export interface ModelFlags {
  /** As SAMREFINER_MODEL says unless given. */
  readonly model?: string;
  readonly preset?: PresetName;
  readonly rounds?: number;
  readonly zoom?: boolean;
  readonly minWidthCells?: number;
  readonly minAgreement?: number;
  readonly minPredictedIou?: number;
  readonly minStability?: number;
  readonly threads: number;
  /** As SAMREFINER_PRECISION says unless given. */
  readonly precision?: Precision;
  /** As SAMREFINER_DEVICE says unless given. */
  readonly device?: Device;
}

/**
 * Adds `--model`, `--preset`, `--rounds`, `--zoom`, `--min-width-cells`, `--min-agreement`, `--min-predicted-iou`,
 * `--min-stability`, `--threads`, `--precision` and `--device` to a command.
 */
export function addModelOptions(command: Command): Command {
  return command
    .option(
      '--model <name>',
      'model: its name (see `samrefiner models list`) or a folder (default: SAMREFINER_MODEL)',
    )
    .addOption(
      new Option('--preset <name>', 'which variant of the algorithm (default: the model’s)').choices(
        Object.keys(PRESETS),
      ),
    )
    .option('--rounds <n>', 'refinement rounds (default: the model’s or the preset’s)', positiveInteger)
    .option(
      '--zoom <on|off>',
      'refine small objects in the part of the image around them (default: the model’s)',
      onOrOff,
    )
    .option(
      '--min-width-cells <n>',
      'keep rough masks thinner than this many cells of the model’s mask',
      upTo(64),
    )
    .option('--min-agreement <iou>', 'keep the rough mask below this IoU with the refined one', upTo(1))
    .option('--min-predicted-iou <iou>', 'keep the rough mask below this predicted IoU', upTo(1))
    .option('--min-stability <iou>', 'keep the rough mask below this stability of the outline', upTo(1))
    .option('--threads <n>', 'threads of the model; 0 = one a core', nonNegativeInteger, 0)
    .addOption(
      new Option(
        '--precision <p>',
        'int8: faster, slightly other masks; ViT checkpoints only (default: SAMREFINER_PRECISION)',
      ).choices(PRECISIONS),
    )
    .addOption(new Option('--device <d>', 'what to run on (default: SAMREFINER_DEVICE)').choices(DEVICES));
}

/** The options that the flags choose, the rest as the model's pack declares it. */
export function refineOptionsFrom(flags: ModelFlags, model: Model): RefineOptions {
  return optionsFor(model.pack.manifest.defaults, flags);
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Expected an integer of at least 1.');
  return value;
}

export function nonNegativeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('Expected an integer of at least 0.');
  return value;
}

function onOrOff(text: string): boolean {
  const value = flag().parse(text);
  if (value === undefined) throw new InvalidArgumentError('Expected on or off.');
  return value;
}

function upTo(max: number): (text: string) => number {
  return (text) => {
    const value = numberUpTo(max).parse(text);
    if (value === undefined) throw new InvalidArgumentError(`Expected a number from 0 to ${max}.`);
    return value;
  };
}
