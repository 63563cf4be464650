import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { SingleBar, Presets } from 'cli-progress';
import { type Command, Option } from 'commander';
import { type EvalSet, listEvalSets } from '../eval/dataset.js';
import { evaluate, type EvalResult } from '../eval/evaluate.js';
import { toCsv, toTable } from '../eval/report.js';
import { summarise } from '../eval/summary.js';
import type { RefineOptions } from '../refiner/options.js';
import { type AdapterFlags, addAdapterOption, withAdapter } from './adapter-option.js';
import { openChosenModel } from './configured-models.js';
import { addModelOptions, type ModelFlags, positiveInteger, refineOptionsFrom } from './model-options.js';

interface EvalFlags extends ModelFlags, AdapterFlags {
  readonly data: string;
  readonly format: 'table' | 'json' | 'csv';
  readonly images?: number;
  readonly masksOut?: string;
}

const MAX_IMAGE_PIXELS = 100_000_000;

/** `samrefiner eval --data <dir>`: quality and speed on sets of images with true and coarse masks. */
export function addEvalCommand(program: Command): void {
  const command = program
    .command('eval')
    .description('measures refinement on data sets with true and coarse masks')
    .requiredOption(
      '--data <dir>',
      'folder of sets, each with index.json, <id>.jpg, <id>.png and coarse masks',
    )
    .addOption(
      new Option('--format <form>', 'form of the summary').choices(['table', 'json', 'csv']).default('table'),
    )
    .option('--images <n>', 'at most so many images of each set, spread evenly', positiveInteger)
    .option('--masks-out <file>', 'also write one JSON line a mask');
  addAdapterOption(addModelOptions(command)).action(run);
}

async function run(flags: EvalFlags): Promise<void> {
  const sets = await listEvalSets(flags.data);
  const model = await openChosenModel(flags);
  try {
    const options = await withAdapter(refineOptionsFrom(flags, model), flags, model);
    const result = await withProgress(sets, flags.images ?? null, (onImage) =>
      evaluate(sets, {
        model,
        options,
        maxPixels: MAX_IMAGE_PIXELS,
        imagesPerSet: flags.images ?? null,
        nowMs: () => performance.now(),
        onImage,
      }),
    );
    if (flags.masksOut) await writeFile(flags.masksOut, jsonLines(result));
    process.stdout.write(`${render(result, flags.format, model.version, options)}\n`);
  } finally {
    await model.close();
  }
}

function render(
  result: EvalResult,
  format: EvalFlags['format'],
  model: string,
  options: RefineOptions,
): string {
  const rows = summarise(result.scores, result.times);
  if (format === 'json') return JSON.stringify({ model, options, rows }, null, 2);
  if (format === 'csv') return toCsv(rows);
  const { minWidthCells, minAgreement, minPredictedIou, minStability } = options.accept;
  const how =
    `${options.prompts.falloff === 'depth' ? 'official' : 'paper'}, ${options.rounds} round(s), ` +
    `zoom ${options.zoom ? 'on' : 'off'}`;
  const limits = `width ${minWidthCells}, agreement ${minAgreement}, predicted IoU ${minPredictedIou} or stability ${minStability}`;
  return `${model}: ${how}, kept below ${limits}\n\n${toTable(rows)}`;
}

function jsonLines(result: EvalResult): string {
  return result.scores.map((score) => `${JSON.stringify(score)}\n`).join('');
}

async function withProgress<T>(
  sets: readonly EvalSet[],
  imagesPerSet: number | null,
  work: (onImage: (set: string) => void) => Promise<T>,
): Promise<T> {
  const total = sets.reduce((n, set) => n + Math.min(set.items.length, imagesPerSet ?? Infinity), 0);
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} images, {set}', stream: process.stderr, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(total, 0, { set: '' });
  try {
    return await work((set) => bar.increment(1, { set }));
  } finally {
    bar.stop();
  }
}
