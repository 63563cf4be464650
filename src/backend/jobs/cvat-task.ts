import type { Config } from '../../config.js';
import type { Inference } from '../../onnx/inference.js';
import type { RefineOptions } from '../../refiner/options.js';
import { cvatAdapterProject } from '../cvat/adapter-project.js';
import { cvatConnection } from '../cvat/rest/connection.js';
import { refineTask } from '../cvat/task/refine-task.js';
import { PACE } from '../cvat/task/task-means.js';
import { TASK_WISH_SCHEMA, taskWish, type TaskWish } from '../cvat/task/task-wish.js';
import { undoTask } from '../cvat/task/undo-task.js';
import { withTask } from '../cvat/task/with-task.js';
import { compileSchema } from '../validate.js';
import type { JobRunner } from './job-runner.js';

export interface CvatTaskSettings {
  readonly config: Config;
  /** The model as a project has taught it; null for a task without a project. */
  readonly inferenceFor: (project: string | null) => Promise<Inference>;
  readonly options: RefineOptions;
}

/** A wish as it came, what was left out left out. */
export type CvatTaskInput = { readonly task: number } & { readonly [Key in keyof TaskWish]?: TaskWish[Key] };

/** Which run of the task's record the job is. */
interface RunNumber {
  readonly run: number;
}

const RUN_SCHEMA = {
  type: 'object',
  required: ['run'],
  additionalProperties: false,
  properties: { run: { type: 'integer' } },
} as const;

/** Jobs of kind `cvat-task`: refine a task of CVAT. What is written is noted with the task, so a job can be resumed. */
export function cvatTaskRunner(settings: CvatTaskSettings): JobRunner<CvatTaskInput, RunNumber> {
  const { config, inferenceFor, options } = settings;
  const checkInput = compileSchema<CvatTaskInput>(TASK_WISH_SCHEMA);
  return {
    kind: 'cvat-task',
    inputSchema: TASK_WISH_SCHEMA,
    readState: compileSchema<RunNumber>(RUN_SCHEMA),
    check: (value) => checked(() => inOrder(checkInput(value)), config),
    run: (input, { signal, saved, save }) =>
      withTask(config, input.task, async ({ client, record }) => {
        const { project_id } = await client.task(input.task, signal);
        const polygon = {
          kind: 'polygon',
          minIou: config.polygonMinIou,
          maxVertices: config.polygonMaxVertices,
        } as const;
        const inference = await inferenceFor(project_id === null ? null : cvatAdapterProject(project_id));
        const framesAtOnce = config.workers + 1;
        const means = { client, record, pace: PACE, inference, options, polygon, framesAtOnce };
        return refineTask(taskWish(input), means, {
          signal,
          run: saved.get('run')?.run ?? null,
          onProgress: (progress, run) => save(progress, ['run', { run }]),
        });
      }),
  };
}

export const CVAT_UNDO_SCHEMA = {
  type: 'object',
  description: 'Takes back the last run that wrote to a CVAT task.',
  required: ['task'],
  additionalProperties: false,
  properties: { task: TASK_WISH_SCHEMA.properties.task, job: TASK_WISH_SCHEMA.properties.job },
} as const;

/** Jobs of kind `cvat-undo`. */
export function cvatUndoRunner({
  config,
}: Pick<CvatTaskSettings, 'config'>): JobRunner<Pick<CvatTaskInput, 'task' | 'job'>, never> {
  const checkInput = compileSchema<Pick<CvatTaskInput, 'task' | 'job'>>(CVAT_UNDO_SCHEMA);
  return {
    kind: 'cvat-undo',
    inputSchema: CVAT_UNDO_SCHEMA,
    readState: () => {
      throw new TypeError('nothing is saved');
    },
    check: (value) => checked(() => inOrder(checkInput(value)), config),
    run: ({ task, job }, { signal }) =>
      withTask(config, task, ({ client, record }) =>
        undoTask({ task, job: job ?? null }, { client, record, pace: PACE }, signal),
      ),
  };
}

/** Also refuses what cannot be done on this server, before the job is taken. */
function checked<T>(check: () => T, config: Config): Promise<T> {
  return new Promise((resolve) => {
    cvatConnection(config);
    resolve(check());
  });
}

/** The same wish with its members, and labels, in the same order, so that it makes the same JSON. */
function inOrder<T extends CvatTaskInput>(input: T): T {
  const labels = input.labels ? { labels: [...new Set(input.labels)].sort() } : {};
  const sorted = Object.entries({ ...input, ...labels }).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted) as T;
}
