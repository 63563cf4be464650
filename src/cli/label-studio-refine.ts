import { writeFile } from 'node:fs/promises';
import { Presets, SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { abortable } from '../backend/abortable.js';
import { createAdaptersInUse } from '../backend/fit/adapters-in-use.js';
import { createImageSource } from '../backend/label-studio/image-source.js';
import { logOptionProblems } from '../backend/label-studio/option-problems.js';
import { createShapeReader } from '../backend/label-studio/read-shape.js';
import { serverPolicy } from '../backend/label-studio/refine-policy.js';
import { type OnTask, type ProjectReport, refineProject } from '../backend/label-studio/refine-project.js';
import { readExtraParams } from '../backend/label-studio/setup.js';
import type { Log } from '../backend/log.js';
import type { Models } from '../backend/models.js';
import { openModels } from '../backend/open-models.js';
import { type Config, loadConfig } from '../config.js';
import { RefinerError } from '../errors.js';
import { optionsFor } from '../onnx/options-for.js';
import { commaSeparated } from './comma-separated.js';
import {
  addLabelStudioOptions,
  type LabelStudioFlags,
  type OpenLabelStudio,
  openLabelStudio,
} from './label-studio-options.js';
import { addModelOptions, type ModelFlags, positiveInteger } from './model-options.js';
import { describeProjectReport } from './project-report.js';
import { readableLog } from './readable-log.js';
import { untilStopped } from './until-stopped.js';

interface RefineFlags extends LabelStudioFlags, ModelFlags {
  readonly labels?: readonly string[];
  readonly limit?: number;
  readonly dryRun: boolean;
  readonly report?: string;
}

/** For one task with all its images; far more than that takes, so that only a lost worker meets it. */
const TASK_DEADLINE_MS = 3_600_000;
/** As a shell says of a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/** `samrefiner label-studio refine --project N`: refines a whole project here and stores the predictions. */
export function addLabelStudioRefineCommand(parent: Command): void {
  const command = parent
    .command('refine')
    .description(
      'refines all tasks of a project with the model on this machine and stores the results as predictions; what has one of this model version is passed over, so that it can be broken off and repeated',
    );
  addLabelStudioOptions(command)
    .option(
      '--labels <names>',
      'only tasks with a shape that has one of these labels, comma-separated',
      commaSeparated,
    )
    .option('--limit <n>', 'at most so many tasks', positiveInteger)
    .option('--dry-run', 'refine and report, store nothing', false)
    .option('--report <file>', 'also write one JSON line a task');
  addModelOptions(command).action(run);
}

async function run(flags: RefineFlags): Promise<void> {
  const config = withFlags(loadConfig(process.env), flags);
  const labelStudio = openLabelStudio(flags, config);
  try {
    await untilStopped((signal) => refineAndReport(flags, config, labelStudio, signal));
  } catch (error) {
    if (!(error instanceof RefinerError) || error.code !== 'ABORTED') throw error;
    process.stderr.write('broken off; the same command goes on where it stopped\n');
    process.exitCode = INTERRUPTED;
  } finally {
    await labelStudio.close();
  }
}

function withFlags(config: Config, { model, precision, device, threads }: RefineFlags): Config {
  return {
    ...config,
    model: model ?? config.model,
    precision: precision ?? config.precision,
    device: device ?? config.device,
    threadsPerWorker: threads === 0 ? config.threadsPerWorker : threads,
  };
}

async function refineAndReport(
  flags: RefineFlags,
  config: Config,
  labelStudio: OpenLabelStudio,
  signal: AbortSignal,
): Promise<void> {
  const log = readableLog(config.logLevel);
  const extraParams = await projectOptions(flags, labelStudio, log, signal);
  const { models, defaultReady, close } = await openModels(config, log);
  try {
    await abortable(defaultReady, signal);
    const report = await withProgress(flags.limit ?? null, (onTask) =>
      refineProject(
        {
          project: flags.project,
          dryRun: flags.dryRun,
          labels: flags.labels ?? null,
          limit: flags.limit ?? null,
          extraParams,
        },
        {
          api: labelStudio.api,
          predict: predictMeans(flags, config, labelStudio, models, log),
        },
        onTask,
        signal,
      ),
    );
    await writeReport(report, flags);
  } finally {
    await close();
  }
}

/**
 * The options typed into the connection of the backend that Label Studio asks, which is the first, so that the results
 * are those of Retrieve Predictions. What the command line says wins, also a model.
 */
async function projectOptions(
  { project, model }: RefineFlags,
  { api }: OpenLabelStudio,
  log: Log,
  signal: AbortSignal,
): Promise<unknown> {
  const backends = await api.listMlBackends(project, signal).catch((err: unknown) => {
    // Only those who may change a project see its connections.
    if (!(err instanceof RefinerError) || err.code !== 'LABEL_STUDIO_REFUSED') throw err;
    log.warn({ err }, 'refining without the options of the project’s model connection');
    return [];
  });
  const params = readExtraParams(backends[0]?.extra_params);
  if (model === undefined || typeof params !== 'object' || params === null || !('refine' in params))
    return params;
  return { ...params, refine: { ...(params.refine as object), model: null } };
}

function predictMeans(
  flags: RefineFlags,
  config: Config,
  { fetcher, url, token }: OpenLabelStudio,
  models: Models,
  log: Log,
): Parameters<typeof refineProject>[1]['predict'] {
  const settings = { labelStudioUrl: url, apiKey: token, localFilesRoot: config.localFilesRoot };
  const { preset, rounds, zoom, minWidthCells, minAgreement, minPredictedIou, minStability } = flags;
  return {
    models,
    adapters: createAdaptersInUse(config.adaptersDir, log),
    // Each refusal is told with its task.
    images: createImageSource(settings, fetcher, { warn: () => undefined }),
    readShape: createShapeReader(),
    deadlineMs: TASK_DEADLINE_MS,
    tasksAtOnce: config.workers + 2,
    optionsFor: ({ defaults }, choice) => {
      const chosen = { ...config, ...choice };
      return optionsFor(defaults, {
        ...chosen,
        preset: preset ?? chosen.preset,
        rounds: rounds ?? chosen.rounds,
        zoom: zoom ?? chosen.zoom,
        minWidthCells: minWidthCells ?? chosen.minWidthCells,
        minAgreement: minAgreement ?? chosen.minAgreement,
        minPredictedIou: minPredictedIou ?? chosen.minPredictedIou,
        minStability: minStability ?? chosen.minStability,
      });
    },
    policy: serverPolicy(config),
    onOptionProblems: logOptionProblems(log),
  };
}

async function writeReport(report: ProjectReport, { dryRun, report: file }: RefineFlags): Promise<void> {
  if (file !== undefined)
    await writeFile(file, report.tasks.map((task) => `${JSON.stringify(task)}\n`).join(''));
  process.stdout.write(`${describeProjectReport(report, dryRun)}\n`);
  if (report.tasks.some(({ status }) => status === 'failed')) process.exitCode = 1;
}

async function withProgress<T>(limit: number | null, work: (onTask: OnTask) => Promise<T>): Promise<T> {
  const bar = new SingleBar(
    {
      format: '{bar} {value}/{total} tasks, {eta_formatted} left, {failed} failed',
      stream: process.stderr,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  let failed = 0;
  bar.start(limit ?? 0, 0, { failed });
  try {
    return await work(({ status }, total) => {
      if (limit !== null && (status === 'done' || status === 'no-shapes' || status === 'filtered')) return;
      if (status === 'failed') failed += 1;
      if (total !== null) bar.setTotal(Math.min(total, limit ?? total));
      bar.increment(1, { failed });
    });
  } finally {
    bar.stop();
  }
}
