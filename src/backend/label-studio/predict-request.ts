import { RefinerError } from '../../errors.js';
import { isJsonObject, textOf, type JsonObject } from './json-object.js';

/** The body of `/predict`, newer and older forms alike (note 3 and 4). */
export interface PredictRequest {
  /** Not checked one by one: a bad task costs its own result, never the call. */
  readonly tasks: readonly unknown[];
  /** Number of the project as text; the time of creation that follows the dot is dropped. */
  readonly project: string;
  readonly labelConfig: string;
  readonly credentials: TaskDataCredentials;
  /** What Label Studio believes its address to be; only newer versions say it here. */
  readonly hostname: string | null;
  /** Null for batch predictions; an object, possibly empty, for interactive ones. */
  readonly context: JsonObject | null;
}

/** HTTP Basic credentials of the project's image host, usually absent. */
export interface TaskDataCredentials {
  readonly login: string | null;
  readonly password: string | null;
}

/** Throws BODY_INVALID unless the body is an object with a list of tasks and a text as configuration, if any. */
export function parsePredictRequest(body: unknown): PredictRequest {
  if (!isJsonObject(body)) throw invalid('the body', 'an object', body);
  const { tasks, label_config: labelConfig } = body;
  if (!Array.isArray(tasks)) throw invalid('tasks', 'a list', tasks);
  if (typeof labelConfig !== 'string' && labelConfig !== undefined && labelConfig !== null) {
    throw invalid('label_config', 'a text', labelConfig);
  }
  const params = isJsonObject(body['params']) ? body['params'] : {};
  return {
    tasks,
    project: projectNumber(body['project']),
    labelConfig: labelConfig ?? '',
    credentials: { login: filled(params['login']), password: filled(params['password']) },
    hostname: filled(params['hostname']),
    context: contextOf(params, tasks),
  };
}

/**
 * A person's drawing comes with an object, or with null where there is nothing left of it; batches come with null, too.
 * Only the one task of a person's call has drafts (note 4).
 */
function contextOf(params: JsonObject, tasks: readonly unknown[]): JsonObject | null {
  const { context } = params;
  if (isJsonObject(context)) return context;
  const [task] = tasks;
  const isDrawing =
    context === null && tasks.length === 1 && isJsonObject(task) && Array.isArray(task['drafts']);
  return isDrawing ? {} : null;
}

/** `7.1767225600` (number and time of creation) becomes `7`. */
export function projectNumber(project: unknown): string {
  return textOf(project)?.split('.')[0] ?? '';
}

function filled(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function invalid(where: string, expected: string, received: unknown): RefinerError {
  return new RefinerError('BODY_INVALID', {
    where,
    expected,
    received: Array.isArray(received) ? 'a list' : typeof received,
  });
}
