import { Presets, SingleBar } from 'cli-progress';
import { configuredFetcher, configuredImageSource } from '../backend/configured-images.js';
import { decideFit } from '../backend/fit/decide-fit.js';
import type { FitDecision } from '../backend/fit/fit-report.js';
import type { ReadBatches, RegisteredSource } from '../backend/fit/fit-source.js';
import { fitSources } from '../backend/fit/fit-sources.js';
import { type GatheredExamples, gatherExamples } from '../backend/fit/gather-examples.js';
import { JsonParser } from '../backend/json-parser.js';
import type { Config } from '../config.js';
import { RefinerError } from '../errors.js';
import type { PromptKind } from '../fit/prompt-kind.js';
import { SPLIT_DEFAULTS } from '../refiner/image-split.js';
import { type ChosenInference, openChosenInference } from './cvat-inference.js';
import { interruptible } from './cvat-run.js';
import type { FitPlace } from './fit-input.js';
import type { ModelFlags } from './model-options.js';
import { readableLog } from './readable-log.js';

export interface FitSourceFlags extends Pick<ModelFlags, 'model' | 'preset' | 'threads'> {
  readonly prompt: PromptKind;
  readonly masksPerImage: number;
  readonly dryRun: boolean;
}

/** A COCO file of a large set; the server's limit is for what strangers send. */
const JSON_LIMITS = { maxDepth: 100, maxNodes: 10_000_000 };
const IMAGES_AT_ONCE = 2;

/**
 * Learns from a source that the server has too, with the same decision: what is kept chooses better than the model alone
 * and than what is in use. Throws what the source, the model's pack and the adapters folder throw.
 */
export async function fitFromSource(
  place: FitPlace & { readonly kind: 'source' },
  flags: FitSourceFlags,
  config: Config,
): Promise<FitDecision> {
  const fetcher = configuredFetcher(config);
  const json = new JsonParser(JSON_LIMITS);
  const images = configuredImageSource(config, fetcher, readableLog(config.logLevel));
  const sources = fitSources({ ...config, dataDir: place.dataDir }, { json, http: fetcher.http, images });
  const source = sources.find(({ name }) => name === place.input.source);
  if (source === undefined) throw new RefinerError('INTERNAL');
  try {
    return await interruptible((signal) => learn(place, source, { flags, config, signal }));
  } finally {
    await Promise.all([fetcher.close(), json.close()]);
  }
}

async function learn(
  { input, project }: FitPlace & { readonly kind: 'source' },
  source: RegisteredSource,
  work: { readonly flags: FitSourceFlags; readonly config: Config; readonly signal: AbortSignal },
): Promise<FitDecision> {
  const { flags, config, signal } = work;
  const checked = await source.check(input);
  // As the server will refine with what is learned.
  const preset = flags.preset ?? config.preset;
  const chosen = await openChosenInference(config, { ...flags, ...(preset && { preset }) }, signal);
  try {
    const gathered = await source.use(checked, (batches) => gatherWithBar(batches, chosen, flags, signal));
    return await decideFit(gathered, {
      adaptersDir: config.adaptersDir,
      project,
      model: chosen,
      wish: flags,
      dryRun: flags.dryRun,
      signal,
      onProgress: () => Promise.resolve(),
    });
  } finally {
    await chosen.inference.close();
  }
}

async function gatherWithBar(
  batches: ReadBatches,
  { inference, options }: ChosenInference,
  { prompt, masksPerImage }: FitSourceFlags,
  signal: AbortSignal,
): Promise<GatheredExamples> {
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} images', stream: process.stderr, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(0, 0);
  try {
    const wish = { prompt, masksPerImage, maxImages: Number.MAX_SAFE_INTEGER, corrections: true };
    return await gatherExamples(
      batches(signal),
      { inference, options, wish, split: SPLIT_DEFAULTS, imagesAtOnce: IMAGES_AT_ONCE },
      {
        signal,
        saved: new Map(),
        save: ({ done, total }) => {
          bar.setTotal(total);
          bar.update(done);
          return Promise.resolve();
        },
      },
    );
  } finally {
    bar.stop();
  }
}
