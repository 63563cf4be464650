import type { JsonObject } from '../json-object.js';
import {
  type AnswerReaders,
  compileAnswerReaders,
  type LabelStudioProject,
  type LabelStudioTask,
  type MlBackend,
  type Webhook,
} from './api-schema.js';
import { exportProject, type ExportOptions } from './export-project.js';
import { RETRY_DEFAULTS } from './retry.js';
import { type ApiMeans, createSendRequest, type SendRequest } from './send-request.js';
import { type TaskBatch, taskPages } from './task-pages.js';

/** A prediction to be stored. `result` may hold `Uint8Array`s, which are written as arrays of numbers. */
export interface NewPrediction {
  readonly task: number;
  readonly result: readonly unknown[];
  /** 0–1. */
  readonly score: number | null;
  readonly model_version: string;
}

/** Settings of a backend's connection, by the names of the API. Credentials only together. */
export interface MlBackendSettings {
  readonly url: string;
  readonly title: string;
  readonly is_interactive: boolean;
  readonly auth_method: 'NONE' | 'BASIC_AUTH';
  readonly basic_auth_user?: string;
  readonly basic_auth_pass?: string;
  readonly extra_params?: unknown;
}

/**
 * The REST API of one Label Studio, as far as it is used here. Every call takes a signal, is bounded in time and bytes
 * and rejects with the LABEL_STUDIO_* codes or the signal's reason. Source: Label Studio protocol note section 8.4.
 */
export interface LabelStudioApi {
  readonly project: (id: number, signal: AbortSignal) => Promise<LabelStudioProject>;
  readonly task: (id: number, signal: AbortSignal) => Promise<LabelStudioTask>;
  /** A task's annotations of all users, skipped ones too. */
  readonly annotations: (task: number, signal: AbortSignal) => Promise<readonly JsonObject[]>;
  /** All tasks with full annotations and predictions and raw data, page by page. */
  readonly listTasks: (project: number, signal: AbortSignal) => AsyncGenerator<TaskBatch>;
  /** The same for tasks that have an annotation; a skipped one counts, so look at `was_cancelled`. */
  readonly listAnnotatedTasks: (project: number, signal: AbortSignal) => AsyncGenerator<TaskBatch>;
  readonly exportProject: (
    project: number,
    options: ExportOptions,
    signal: AbortSignal,
  ) => Promise<readonly LabelStudioTask[]>;
  /** Stores predictions in one call; never repeated when it may have been carried out (see `createPredictionPusher`). */
  readonly importPredictions: (
    project: number,
    predictions: readonly NewPrediction[],
    signal: AbortSignal,
  ) => Promise<void>;
  readonly listMlBackends: (project: number, signal: AbortSignal) => Promise<readonly MlBackend[]>;
  /** Label Studio asks the backend for its health and setup before it answers. */
  readonly createMlBackend: (
    project: number,
    settings: MlBackendSettings,
    signal: AbortSignal,
  ) => Promise<MlBackend>;
  readonly updateMlBackend: (
    id: number,
    project: number,
    settings: MlBackendSettings,
    signal: AbortSignal,
  ) => Promise<MlBackend>;
  readonly listWebhooks: (project: number, signal: AbortSignal) => Promise<readonly Webhook[]>;
  /** Headers that Label Studio sends with a webhook. */
  readonly setWebhookHeaders: (
    id: number,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) => Promise<Webhook>;
}

/** The API of the Label Studio that a connection names. Nothing is contacted before the first call. */
export function createLabelStudioApi(means: ApiMeans): LabelStudioApi {
  const readers = compileAnswerReaders(means.connection.origin);
  const send = createSendRequest(means);
  const get = (path: string, signal: AbortSignal): Promise<unknown> => send({ method: 'GET', path }, signal);
  const wait = means.retry?.wait ?? RETRY_DEFAULTS.wait;
  return {
    project: async (id, signal) => readers.project(await get(`/api/projects/${id}/`, signal)),
    task: async (id, signal) => readers.task(await get(`/api/tasks/${id}/`, signal)),
    annotations: async (task, signal) =>
      readers.objects(await get(`/api/tasks/${task}/annotations/`, signal)),
    listTasks: (project, signal) => pagesOf(project, '', { get, readers, signal }),
    listAnnotatedTasks: (project, signal) =>
      pagesOf(project, '&only_annotated=true', { get, readers, signal }),
    exportProject: (project, options, signal) =>
      exportProject(project, options, { send, readers, wait }, signal),
    importPredictions: async (project, predictions, signal) => {
      await send(
        { method: 'POST', path: `/api/projects/${project}/import/predictions`, body: predictions },
        signal,
      );
    },
    ...mlBackendCalls(send, readers),
    listWebhooks: async (project, signal) =>
      readers.webhooks(await get(`/api/webhooks/?project=${project}`, signal)),
    setWebhookHeaders: async (id, headers, signal) => {
      const path = `/api/webhooks/${id}/`;
      return readers.webhook(await send({ method: 'PATCH', path, body: { headers } }, signal));
    },
  };
}

function mlBackendCalls(
  send: SendRequest,
  readers: AnswerReaders,
): Pick<LabelStudioApi, 'listMlBackends' | 'createMlBackend' | 'updateMlBackend'> {
  return {
    listMlBackends: async (project, signal) =>
      readers.mlBackends(await send({ method: 'GET', path: `/api/ml/?project=${project}` }, signal)),
    createMlBackend: async (project, settings, signal) => {
      const body = { project, ...settings };
      return readers.mlBackend(await send({ method: 'POST', path: '/api/ml/', body }, signal));
    },
    // All settings again: Label Studio checks the connection with those of this call.
    updateMlBackend: async (id, project, settings, signal) => {
      const body = { project, ...settings };
      return readers.mlBackend(await send({ method: 'PATCH', path: `/api/ml/${id}`, body }, signal));
    },
  };
}

function pagesOf(
  project: number,
  filter: string,
  tools: {
    readonly get: (path: string, signal: AbortSignal) => Promise<unknown>;
    readonly readers: AnswerReaders;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<TaskBatch> {
  const { get, readers, signal } = tools;
  return taskPages(async (page, pageSize) => {
    const query = `project=${project}&page=${page}&page_size=${pageSize}&fields=all${filter}&resolve_uri=false`;
    return readers.taskPage(await get(`/api/tasks/?${query}`, signal));
  });
}
