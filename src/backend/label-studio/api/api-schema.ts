import type { Schema } from 'ajv';
import { RefinerError } from '../../../errors.js';
import { compileSchema } from '../../validate.js';
import type { JsonObject } from '../json-object.js';

/** What is used of a project (`GET /api/projects/<id>/`). */
export interface LabelStudioProject {
  readonly id: number;
  readonly title?: string;
  readonly label_config: string;
  /** HTTP Basic credentials of the images' host. */
  readonly task_data_login?: string | null;
  readonly task_data_password?: string | null;
}

/**
 * A task as `/predict` gets it. Only the id is checked: a task that is damaged elsewhere must not cost the others, and
 * whoever reads `data`, `annotations` and `predictions` checks them anyway.
 */
export interface LabelStudioTask extends JsonObject {
  readonly id: number;
}

export interface TaskPage {
  readonly tasks: readonly LabelStudioTask[];
  readonly total?: number;
}

/** A connection of a project to a backend. Names as the API has them. */
export interface MlBackend {
  readonly id: number;
  readonly url: string;
  readonly title?: string | null;
  readonly is_interactive?: boolean;
  readonly readable_state?: string;
  readonly error_message?: string | null;
  readonly model_version?: string | null;
  readonly extra_params?: unknown;
}

/** A webhook of a project. */
export interface Webhook {
  readonly id: number;
  readonly url: string;
  readonly is_active?: boolean;
  readonly headers?: Readonly<Record<string, unknown>> | null;
}

/** A snapshot of the commercial edition. */
export interface ExportSnapshot {
  readonly id: number;
  readonly status: string;
}

const ID = { type: 'integer', minimum: 0 };
const OPTIONAL_TEXT = { type: ['string', 'null'] };
const TASK = { type: 'object', required: ['id'], properties: { id: ID } };

const PROJECT = {
  type: 'object',
  required: ['id', 'label_config'],
  properties: {
    id: ID,
    title: { type: 'string' },
    label_config: { type: 'string' },
    task_data_login: OPTIONAL_TEXT,
    task_data_password: OPTIONAL_TEXT,
  },
};

const TASK_PAGE = {
  type: 'object',
  required: ['tasks'],
  properties: { tasks: { type: 'array', items: TASK }, total: ID },
};

const ML_BACKEND = {
  type: 'object',
  required: ['id', 'url'],
  properties: {
    id: ID,
    url: { type: 'string' },
    title: OPTIONAL_TEXT,
    is_interactive: { type: 'boolean' },
    readable_state: { type: 'string' },
    error_message: OPTIONAL_TEXT,
    model_version: OPTIONAL_TEXT,
  },
};

const WEBHOOK = {
  type: 'object',
  required: ['id', 'url'],
  properties: {
    id: ID,
    url: { type: 'string' },
    is_active: { type: 'boolean' },
    headers: { type: ['object', 'null'] },
  },
};

const SNAPSHOT = {
  type: 'object',
  required: ['id', 'status'],
  properties: { id: ID, status: { type: 'string' } },
};

/** Readers of the API's answers; each throws LABEL_STUDIO_ANSWER, naming the server. */
export interface AnswerReaders {
  readonly project: (value: unknown) => LabelStudioProject;
  readonly task: (value: unknown) => LabelStudioTask;
  readonly tasks: (value: unknown) => readonly LabelStudioTask[];
  readonly taskPage: (value: unknown) => TaskPage;
  readonly objects: (value: unknown) => readonly JsonObject[];
  readonly mlBackend: (value: unknown) => MlBackend;
  readonly mlBackends: (value: unknown) => readonly MlBackend[];
  readonly webhook: (value: unknown) => Webhook;
  readonly webhooks: (value: unknown) => readonly Webhook[];
  readonly snapshot: (value: unknown) => ExportSnapshot;
}

export function compileAnswerReaders(origin: string): AnswerReaders {
  return {
    project: reader<LabelStudioProject>(PROJECT, origin),
    task: reader<LabelStudioTask>(TASK, origin),
    tasks: reader<readonly LabelStudioTask[]>({ type: 'array', items: TASK }, origin),
    taskPage: reader<TaskPage>(TASK_PAGE, origin),
    objects: reader<readonly JsonObject[]>({ type: 'array', items: { type: 'object' } }, origin),
    mlBackend: reader<MlBackend>(ML_BACKEND, origin),
    mlBackends: reader<readonly MlBackend[]>({ type: 'array', items: ML_BACKEND }, origin),
    webhook: reader<Webhook>(WEBHOOK, origin),
    webhooks: reader<readonly Webhook[]>({ type: 'array', items: WEBHOOK }, origin),
    snapshot: reader<ExportSnapshot>(SNAPSHOT, origin),
  };
}

/** BODY_INVALID would blame whoever called us. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- only the schema knows the type
function reader<T>(schema: Schema, origin: string): (value: unknown) => T {
  const check = compileSchema<T>(schema);
  return (value) => {
    try {
      return check(value);
    } catch (error) {
      if (!(error instanceof RefinerError)) throw error;
      const where = `${origin}, ${error.facts.where ?? 'the answer'}`;
      throw new RefinerError('LABEL_STUDIO_ANSWER', { ...error.facts, where }, { cause: error });
    }
  };
}
