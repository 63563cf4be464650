import { RefinerError } from '../../errors.js';
import type { LabelStudioProject, LabelStudioTask } from './api/api-schema.js';
import type { LabelStudioApi } from './api/label-studio-api.js';
import { createPredictionPusher, hasVersion, type PredictionPusher } from './api/prediction-pusher.js';
import { mapBounded } from './map-bounded.js';
import { isOwnVersion } from './model-versions.js';
import { predictBatch } from './predict-batch.js';
import { parseLabelConfig } from './label-config.js';
import { chooseForProject, type PredictDependencies } from './predict-call.js';
import { chooseSource } from './source.js';

export interface RefineProjectRequest {
  readonly project: number;
  /** Refines and reports, stores nothing. */
  readonly dryRun: boolean;
  /** Only tasks with a region that carries one of these labels; null for all. */
  readonly labels: readonly string[] | null;
  /** At most so many tasks are worked on; null for all. */
  readonly limit: number | null;
  /** The project's own options, as in its model connection. */
  readonly extraParams: unknown;
}

export interface RefineProjectMeans {
  readonly api: LabelStudioApi;
  /** What `/predict` works with, so that the results are the same. */
  readonly predict: Omit<PredictDependencies, 'log' | 'projects'>;
}

/** What became of a task. `done`: it had a prediction of this model version. `no-shapes`: nothing in it to refine. */
export interface TaskReport {
  readonly task: number;
  readonly status: 'refined' | 'done' | 'no-shapes' | 'filtered' | 'failed';
  /** Regions that stay as they are, with the reason. */
  readonly kept: readonly { readonly region: string | null; readonly reason: string }[];
  /** The lowest of its regions, 0–1; null where none was to be refined. */
  readonly score: number | null;
  /** Why it failed. */
  readonly reason?: string;
}

export interface ProjectReport {
  readonly modelVersion: string;
  readonly tasks: readonly TaskReport[];
  readonly stored: number;
}

/** Told of every task, in no particular order, and how many there are in all if Label Studio says. */
export type OnTask = (report: TaskReport, total: number | null) => void;

/**
 * Refines all tasks of a project as `/predict` would and stores the results as predictions, page by page. Tasks that have
 * one of this model version already are passed over, so that a run that was broken off can be repeated. A task that
 * fails costs only itself; what is finished is stored also when the signal ends the run or storing pages fails.
 *
 * Throws the LABEL_STUDIO_* codes, BODY_INVALID for an unusable configuration, PACK_* errors and the signal's reason.
 * Source: Label Studio protocol note sections 3.3 and 9, way 5.
 */
export async function refineProject(
  request: RefineProjectRequest,
  means: RefineProjectMeans,
  onTask: OnTask,
  signal: AbortSignal,
): Promise<ProjectReport> {
  const { api, predict } = means;
  const project = await api.project(request.project, signal);
  const { settings, modelVersion } = await chooseForProject(
    String(request.project),
    parseLabelConfig(project.label_config),
    { ...predict, projects: projectsOf(request) },
  );
  const { policy } = settings;
  // Not ended with the run: what was refined until then is to be stored.
  const pusher = createPredictionPusher(api, request.project, new AbortController().signal);
  const stop = new AbortController();
  const work: Work = { request, project, means, pusher, signal: AbortSignal.any([signal, stop.signal]) };
  const tasks: TaskReport[] = [];
  let left = request.limit ?? Infinity;
  try {
    for await (const batch of api.listTasks(request.project, work.signal)) {
      await mapBounded(batch.tasks, predict.tasksAtOnce, async (task) => {
        const passed = passOver(task, { modelVersion, policy, labels: request.labels });
        if (passed === null && left <= 0) return;
        if (passed === null) left -= 1;
        const report = passed ?? (await refineOne(task, work));
        tasks.push(report);
        onTask(report, batch.total);
      });
      if (left <= 0) break;
    }
  } finally {
    // Where one task ended the run, those beside it are of no use any more.
    stop.abort(new RefinerError('ABORTED'));
    await pusher.flush();
  }
  return { modelVersion, tasks: tasks.sort((a, b) => a.task - b.task), stored: pusher.stored };
}

/** A task without work, and why; null for the others. */
function passOver(
  task: LabelStudioTask,
  {
    modelVersion,
    policy,
    labels,
  }: {
    readonly modelVersion: string;
    readonly policy: PredictDependencies['policy'];
    readonly labels: readonly string[] | null;
  },
): TaskReport | null {
  const report = (status: TaskReport['status']): TaskReport => ({
    task: task.id,
    status,
    kept: [],
    score: null,
  });
  if (hasVersion(task['predictions'], modelVersion)) return report('done');
  const source = chooseSource(task, policy.sources, isOwnVersion);
  if (source === null) return report('no-shapes');
  const isWanted = source.regions.some((region) => region.labels.some((label) => labels?.includes(label)));
  return labels === null || isWanted ? null : report('filtered');
}

interface Work {
  readonly request: RefineProjectRequest;
  readonly project: LabelStudioProject;
  readonly means: RefineProjectMeans;
  readonly pusher: PredictionPusher;
  readonly signal: AbortSignal;
}

async function refineOne(task: LabelStudioTask, work: Work): Promise<TaskReport> {
  const { request, project, means, pusher, signal } = work;
  const kept: { region: string | null; reason: string }[] = [];
  const failures: string[] = [];
  const log: PredictDependencies['log'] = {
    info: (facts) => {
      if ('reason' in facts && typeof facts.reason === 'string') {
        kept.push({
          region: 'region' in facts && typeof facts.region === 'string' ? facts.region : null,
          reason: facts.reason,
        });
      }
    },
    warn: (facts) => {
      if ('err' in facts) failures.push(facts.err instanceof Error ? facts.err.message : String(facts.err));
    },
  };
  const [result] = await predictBatch(
    {
      tasks: [task],
      project: String(request.project),
      labelConfig: project.label_config,
      credentials: { login: project.task_data_login ?? null, password: project.task_data_password ?? null },
      hostname: null,
      context: null,
    },
    { ...means.predict, log, projects: projectsOf(request) },
    signal,
  );
  if (result === undefined || !('result' in result)) {
    return { task: task.id, status: 'failed', kept, score: null, reason: failures[0] ?? 'nothing came back' };
  }
  if (!request.dryRun) await pusher.add({ task: task.id, ...result });
  return { task: task.id, status: 'refined', kept, score: result.score };
}

function projectsOf({ extraParams }: RefineProjectRequest): PredictDependencies['projects'] {
  return { get: () => Promise.resolve({ hostname: null, accessToken: null, extraParams }) };
}
