/** What the double of Label Studio holds. Names as the API has them. */
export interface StoredPrediction {
  id: number;
  task: number;
  model_version: string;
  score: number | null;
  result: readonly unknown[];
  created_at: string;
}

export interface StoredAnnotation {
  id: number;
  was_cancelled: boolean;
  result: readonly unknown[];
  completed_by?: number;
  updated_at?: string;
}

export interface StoredTask {
  id: number;
  data: Record<string, unknown>;
  annotations: StoredAnnotation[];
  predictions: StoredPrediction[];
}

export interface StoredBackend {
  id: number;
  project: number;
  url: string;
  title: string;
  is_interactive: boolean;
  auth_method: string;
  basic_auth_user: string | null;
  basic_auth_pass: string | null;
  extra_params: unknown;
  model_version: string | null;
  readable_state: string;
}

export interface StoredWebhook {
  id: number;
  project: number;
  url: string;
  headers: Record<string, string>;
}

export interface StoredProject {
  id: number;
  title: string;
  label_config: string;
  tasks: StoredTask[];
  task_data_login: string | null;
  task_data_password: string | null;
}

export interface LabelStudioState {
  readonly projects: StoredProject[];
  readonly backends: StoredBackend[];
  readonly webhooks: StoredWebhook[];
  /** Uploaded files by path (`upload/7/a.png`). */
  readonly uploads: Map<string, Uint8Array>;
  /** Local files by their path below the root. */
  readonly localFiles: Map<string, Uint8Array>;
  /** Storage addresses (`s3://…`) and where `presign` sends those who ask: an http(s) or data address. */
  readonly stored: Map<string, string>;
  /** The next id of anything. */
  nextId: number;
}

export function emptyState(): LabelStudioState {
  return {
    projects: [],
    backends: [],
    webhooks: [],
    uploads: new Map(),
    localFiles: new Map(),
    stored: new Map(),
    nextId: 9000,
  };
}

/** A project of the double; tasks need no more than what the test is about. */
export function projectOf(
  id: number,
  label_config: string,
  tasks: readonly (Partial<StoredTask> & { id: number })[],
): StoredProject {
  return {
    id,
    title: `Project ${id}`,
    label_config,
    task_data_login: null,
    task_data_password: null,
    tasks: tasks.map((task) => ({ data: {}, annotations: [], predictions: [], ...task })),
  };
}
