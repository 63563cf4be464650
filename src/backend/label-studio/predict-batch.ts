import { RefinerError } from '../../errors.js';
import { abortable } from '../abortable.js';
import { startDeadline, type Deadline } from './deadline.js';
import { giveTurns } from '../give-turns.js';
import { isJsonObject, textOf, type JsonObject } from './json-object.js';
import { mapBounded } from './map-bounded.js';
import { isOwnVersion } from './model-versions.js';
import { openCall, type PredictCall, type PredictDependencies } from './predict-call.js';
import type { PredictRequest } from './predict-request.js';
import { refineTask, type TaskPrediction } from './refine-task.js';
import { chooseSource } from './source.js';
import { planTask } from './task-plan.js';

/** `[]` stores nothing in Label Studio, so that the task is sent again next time (note 3.2). */
export type TaskResult = TaskPrediction | readonly [];

interface Batch extends PredictCall {
  readonly deadline: Deadline;
}

/** Failures of the server or the model; when they hit every task the caller is told instead of getting nothing. */
const SERVER_FAILURES: readonly string[] = [
  'QUEUE_FULL',
  'NOT_READY',
  'DRAINING',
  'PACK_INVALID',
  'PACK_FILE_MISSING',
  'PACK_FILE_DAMAGED',
  'PACK_MISMATCH',
  'PRECISION_UNSUPPORTED',
  'CHECKPOINT_INVALID',
  'CHECKPOINT_UNSUPPORTED',
];

/**
 * Refined copies of the tasks' result sets, same length and order as the tasks. A task without shapes, one that fails
 * and one that is not finished by the deadline give `[]`, with the reason in the log.
 *
 * Throws BODY_INVALID for an unusable configuration, the signal's reason when the caller has gone, and QUEUE_FULL,
 * NOT_READY, DRAINING or the error of a refused model when no task at all could be worked on because of it.
 */
export async function predictBatch(
  request: PredictRequest,
  dependencies: PredictDependencies,
  signal: AbortSignal,
): Promise<readonly TaskResult[]> {
  if (request.tasks.length === 0) return [];
  const deadline = startDeadline(dependencies.deadlineMs, signal);
  try {
    const batch: Batch = { ...(await openCall(request, dependencies)), deadline };
    const giveTurn = giveTurns();
    const outcomes = await mapBounded(request.tasks, dependencies.tasksAtOnce, async (task) => {
      await giveTurn();
      return predictOrFail(task, batch, dependencies);
    });
    signal.throwIfAborted();
    return resultsOf(outcomes);
  } finally {
    deadline.close();
  }
}

/** A failure is a value here: it costs only its own task. */
async function predictOrFail(
  task: unknown,
  batch: Batch,
  dependencies: PredictDependencies,
): Promise<TaskResult | Error> {
  const { signal } = batch.deadline;
  const taskId = (isJsonObject(task) ? textOf(task['id']) : null) ?? '';
  try {
    signal.throwIfAborted();
    if (!isJsonObject(task))
      throw new RefinerError('BODY_INVALID', { where: 'a task', expected: 'an object' });
    return await abortable(predictTask(task, taskId, batch, dependencies), signal);
  } catch (error) {
    const failure = error instanceof Error ? error : new RefinerError('INTERNAL', {}, { cause: error });
    dependencies.log.warn({ task: taskId, project: batch.request.project, err: failure }, 'task not refined');
    return failure;
  }
}

async function predictTask(
  task: JsonObject,
  taskId: string,
  batch: Batch,
  { images, readShape, log }: PredictDependencies,
): Promise<TaskResult> {
  const { model, options } = batch;
  const source = chooseSource(task, batch.settings.policy.sources, isOwnVersion);
  if (source === null) return [];
  const data = isJsonObject(task['data']) ? task['data'] : {};
  const plan = await planTask(source, data, batch.config, batch.settings, readShape);
  // Before images are fetched, which would be for nothing.
  if (plan.work.length > 0) model.requireReady();
  return refineTask(
    plan,
    {
      inference: model.inference,
      loadImage: (value, signal) => images.load(value, { ...batch.images, taskId }, signal),
      // A single task is one that somebody has just opened and waits for (note 3.3).
      request: { options, lane: batch.request.tasks.length === 1 ? 'interactive' : 'batch' },
      remainingMs: batch.deadline.remainingMs,
      identity: {
        project: batch.request.project,
        task: taskId,
        source: `${source.kind}/${source.id}`,
        modelVersion: batch.modelVersion,
      },
      onKept: (region, reason) => log.info({ task: taskId, region, reason }, 'region kept as it is'),
    },
    batch.deadline.signal,
  );
}

function resultsOf(outcomes: readonly (TaskResult | Error)[]): readonly TaskResult[] {
  const [first] = outcomes;
  const allRefused = outcomes.every(
    (outcome) => outcome instanceof RefinerError && SERVER_FAILURES.includes(outcome.code),
  );
  if (allRefused && first instanceof Error) throw first;
  return outcomes.map((outcome) => (outcome instanceof Error ? [] : outcome));
}
