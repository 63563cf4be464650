import { RefinerError } from '../../errors.js';
import { currentVersion } from '../../fit/adapter-store.js';
import { SPLIT_DEFAULTS } from '../../refiner/image-split.js';
import type { RefineOptions } from '../../refiner/options.js';
import type { JobContext, JobRunner } from '../jobs/job-runner.js';
import type { Models, ServedModel } from '../models.js';
import { decideFit } from './decide-fit.js';
import { type FitInput, wishOf } from './fit-input.js';
import { type FitPolicy, hasEnoughNew } from './fit-policy.js';
import type { FitReport } from './fit-report.js';
import type { FitBatch, ReadBatches, RegisteredSource } from './fit-source.js';
import { gatherExamples } from './gather-examples.js';
import { readLastFit, writeLastFit } from './last-fit.js';
import { type SavedImage, savedImageReader } from './saved-image.js';

export interface FitRunnerSettings {
  readonly sources: readonly RegisteredSource[];
  readonly models: Models;
  /** The model that a project refines with, or the one that is named, and its options. */
  readonly choose: (named: string | undefined, extraParams: unknown) => FitChoice;
  readonly adaptersDir: string;
  readonly policy: FitPolicy;
  readonly imagesAtOnce: number;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

export interface FitChoice {
  readonly model: ServedModel;
  readonly options: RefineOptions;
}

/**
 * Jobs of kind `fit`: what the masks of a project teach of the choice among the model's candidates. The adapter is kept
 * under the job's project, if it is better than the model alone and than the one in use. Images are asked about one by
 * one through the batch lane and saved, so that a job that was interrupted goes on behind the last one.
 */
export function fitRunner(settings: FitRunnerSettings): JobRunner<FitInput, SavedImage> {
  const sourceOf = (input: unknown): RegisteredSource => {
    const named = typeof input === 'object' && input !== null && 'source' in input ? input.source : undefined;
    const source = settings.sources.find(({ name }) => name === named);
    if (source) return source;
    const expected = `one of ${settings.sources.map(({ name }) => name).join(', ')}`;
    const received = typeof named === 'string' ? JSON.stringify(named.slice(0, 40)) : typeof named;
    throw new RefinerError('BODY_INVALID', { where: '/source', expected, received });
  };
  return {
    kind: 'fit',
    inputSchema: { oneOf: settings.sources.map(({ schema }) => schema) },
    readState: savedImageReader(),
    check: async (input, project) => {
      const checked = await sourceOf(input).check(input);
      // A name that cannot be one should not be refused after the work.
      await currentVersion(settings.adaptersDir, project);
      if (checked.model !== undefined) settings.models.get(checked.model);
      return checked;
    },
    run: async (input, context) => {
      const source = sourceOf(input);
      const choice = settings.choose(input.model, await source.extraParams(input));
      return source.use(input, (batches) => runFit({ input, batches, ...choice }, settings, context));
    },
  };
}

interface FitRun extends FitChoice {
  readonly input: FitInput;
  readonly batches: ReadBatches;
}

async function runFit(
  { input, batches, model, options }: FitRun,
  settings: FitRunnerSettings,
  context: JobContext<SavedImage>,
): Promise<FitReport> {
  const { adaptersDir, policy, nowMs } = settings;
  const { project, signal } = context;
  const wish = wishOf(input);
  if (wish.automatic) {
    const masks = await countMasks(batches(signal), wish.maxImages);
    const last = await readLastFit(adaptersDir, project);
    if (!hasEnoughNew(policy, last, masks)) {
      const newMasks = masks - (last?.masks ?? 0);
      return { status: 'not-due', masks, newMasks, neededNewMasks: policy.minNewMasks };
    }
  }
  model.requireReady();
  const startMs = nowMs();
  const gathering = { inference: model.inference, options, wish, split: SPLIT_DEFAULTS };
  const gathered = await gatherExamples(
    batches(signal),
    { ...gathering, imagesAtOnce: settings.imagesAtOnce },
    context,
  );
  const gatheredMs = nowMs();
  const onProgress = progressSaver(gathered.images, settings.nowMs, context);
  const decided = await decideFit(gathered, { adaptersDir, project, model, wish, signal, onProgress });
  const endedMs = nowMs();
  const seconds = { gathering: (gatheredMs - startMs) / 1000, learning: (endedMs - gatheredMs) / 1000 };
  await writeLastFit(adaptersDir, project, { endedMs, masks: gathered.masks });
  return { ...decided, seconds };
}

/** Saves what is said at most once a second, because every saving waits for the disk. */
function progressSaver(
  images: number,
  nowMs: () => number,
  { save }: Pick<JobContext<SavedImage>, 'save'>,
): (message: string) => Promise<void> {
  let savedMs = -Infinity;
  return async (message) => {
    if (nowMs() - savedMs < 1000) return;
    savedMs = nowMs();
    await save({ done: images, total: images, message });
  };
}

async function countMasks(
  batches: AsyncGenerator<FitBatch, void, undefined>,
  maxImages: number,
): Promise<number> {
  let masks = 0;
  let images = 0;
  for await (const batch of batches) {
    for (const image of batch.images) {
      if (images++ >= maxImages) return masks;
      masks += image.masks;
    }
  }
  return masks;
}
