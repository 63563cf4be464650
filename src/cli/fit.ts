import { Presets, SingleBar } from 'cli-progress';
import { type Command, Option } from 'commander';
import { loadConfig } from '../config.js';
import type { AdapterRecord } from '../fit/adapter-record.js';
import { currentVersion, storeAdapter } from '../fit/adapter-store.js';
import { type CollectedExamples, collectExamples, type CollectSettings } from '../fit/collect-examples.js';
import type { FitImage } from '../fit/fit-image.js';
import { learnAdapter, type LearnOutcome } from '../fit/learn-adapter.js';
import { PROMPT_KINDS } from '../fit/prompt-kind.js';
import type { Model } from '../onnx/model.js';
import { SPLIT_DEFAULTS } from '../refiner/image-split.js';
import { PRESETS } from '../refiner/presets.js';
import { configuredAdaptersDir } from './adapter-option.js';
import { figuresText } from './adapter-text.js';
import { openChosenModel } from './configured-models.js';
import { listFitImages } from './fit-images.js';
import { type FitPlace, type FitPlaceFlags, fitPlaceOf } from './fit-input.js';
import { fitFromSource, type FitSourceFlags } from './fit-source.js';
import { decisionText } from './fit-text.js';
import { nonNegativeInteger, positiveInteger, refineOptionsFrom } from './model-options.js';

type FitFlags = FitSourceFlags & FitPlaceFlags;

const MAX_IMAGE_PIXELS = 100_000_000;

/** `samrefiner fit`: learns to choose candidates as a project’s masks want it. */
export function addFitCommand(program: Command): void {
  program
    .command('fit')
    .description(
      'learns from true masks to choose better candidates, and keeps what is better on held-out images',
    )
    .option('--data <dir>', 'sets as `samrefiner eval` reads them; coarse masks may be missing')
    .option('--coco <file>', 'a COCO instances file; its images are in --data, or else beside it')
    .option(
      '--label-studio-project <id>',
      'the annotations of a project (LABEL_STUDIO_URL, LABEL_STUDIO_API_KEY)',
      positiveInteger,
    )
    .option(
      '--cvat-project <id>',
      'the completed jobs of a project (CVAT_URL, CVAT_ACCESS_TOKEN)',
      positiveInteger,
    )
    .option(
      '--project <name>',
      'name to keep it under, for --adapter (of a platform’s project: that which the server uses)',
    )
    .option(
      '--masks <dir>',
      'folder of true masks named like the images, which are then all that --data holds',
    )
    .addOption(
      new Option(
        '--prompt <kind>',
        'what is learned from: all prompts together, a single one, or both in turn',
      )
        .choices(PROMPT_KINDS)
        .default('all'),
    )
    .option('--masks-per-image <n>', 'of an image with more, the largest', positiveInteger, 20)
    .option('--dry-run', 'measure, keep nothing', false)
    .option('--model <name>', 'model: its name or a folder (default: SAMREFINER_MODEL)')
    .addOption(
      new Option('--preset <name>', 'prompts that masks will be refined with (default: the model’s)').choices(
        Object.keys(PRESETS),
      ),
    )
    .option('--threads <n>', 'threads of the model; 0 = one a core', nonNegativeInteger, 0)
    .action(run);
}

async function run(flags: FitFlags): Promise<void> {
  const place = fitPlaceOf(flags);
  const adaptersDir = configuredAdaptersDir();
  // Asked now, because a name that cannot be one should not be refused after the work.
  await currentVersion(adaptersDir, place.project);
  if (place.kind === 'folder') await fitFolders(place, flags, adaptersDir);
  else {
    const decision = await fitFromSource(place, flags, loadConfig(process.env));
    process.stdout.write(`${decisionText(decision, place.project, flags.prompt)}\n`);
    if (decision.status === 'refused') process.exitCode = 1;
  }
}

async function fitFolders(
  { data, project }: FitPlace & { readonly kind: 'folder' },
  flags: FitFlags,
  adaptersDir: string,
): Promise<void> {
  const images = await listFitImages(data, flags.masks, MAX_IMAGE_PIXELS);
  const model = await openChosenModel(flags);
  try {
    const { prompt, masksPerImage } = flags;
    const options = refineOptionsFrom(flags, model);
    const settings = { model, options, prompt, masksPerImage, split: SPLIT_DEFAULTS };
    const collected = await collectWithBar(images, settings);
    const outcome = await learnAdapter(collected);
    const lines = [
      describe(collected, flags, model),
      ...(outcome.figures ? [figuresText(outcome.figures)] : []),
    ];
    lines.push(await conclude(outcome, { adaptersDir, project, flags, model, collected }));
    process.stdout.write(`${lines.join('\n\n')}\n`);
  } finally {
    await model.close();
  }
}

async function collectWithBar(
  images: readonly FitImage[],
  settings: CollectSettings,
): Promise<CollectedExamples> {
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} images', stream: process.stderr, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(images.length, 0);
  try {
    return await collectExamples(images, settings, { onImage: (done) => bar.update(done) });
  } finally {
    bar.stop();
  }
}

function describe({ training, skipped }: CollectedExamples, { prompt }: FitFlags, model: Model): string {
  const learned = `${model.version}: ${training.length} examples of ${imagesOf(training)} images, prompt ${prompt}`;
  return [learned, ...skipped.map(({ image, reason }) => `${image} is left out: ${reason}`)].join('\n');
}

interface Work {
  readonly adaptersDir: string;
  readonly project: string;
  readonly flags: FitFlags;
  readonly model: Model;
  readonly collected: CollectedExamples;
}

/** Keeps what was accepted; says what became of it. */
async function conclude(
  outcome: LearnOutcome,
  { adaptersDir, project, flags, model, collected }: Work,
): Promise<string> {
  if (outcome.status === 'refused') {
    process.exitCode = 1;
    return `refused (${outcome.reason}): ${outcome.detail}; nothing was kept`;
  }
  if (flags.dryRun) return 'accepted, but not kept: this was a dry run';
  const { training } = collected;
  const record: Omit<AdapterRecord, 'parent'> = {
    model: { version: model.version, fingerprint: model.pack.fingerprint },
    data: { prompt: flags.prompt, images: imagesOf(training), examples: training.length, corrected: 0 },
    figures: outcome.figures,
    adapter: outcome.adapter,
  };
  const version = await storeAdapter(adaptersDir, project, record);
  return `accepted: version ${version} of ${project} is in use`;
}

function imagesOf(examples: readonly { readonly image: string }[]): number {
  return new Set(examples.map(({ image }) => image)).size;
}
