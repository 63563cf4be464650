import type { Job, JobState } from './job.js';

/** Version of the tables below, kept in the file's `user_version`. */
export const TABLES_VERSION = 1;

export const CREATE_TABLES = `
  CREATE TABLE jobs (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    project TEXT NOT NULL,
    state TEXT NOT NULL,
    input TEXT NOT NULL,
    progress TEXT,
    result TEXT,
    failure TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    earliest_ms INTEGER NOT NULL,
    started_ms INTEGER,
    started_done INTEGER NOT NULL DEFAULT 0,
    finished_ms INTEGER
  );
  CREATE INDEX jobs_by_state ON jobs (state, earliest_ms, sequence);
  CREATE INDEX jobs_by_project ON jobs (project, sequence);
  CREATE TABLE checkpoints (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (job, key)
  );
  PRAGMA user_version = ${TABLES_VERSION};
`;

/** Everything but the result, which may be long. */
export const COLUMNS =
  'id, kind, project, state, input, progress, failure, attempts, cancel_requested, created_ms, earliest_ms, ' +
  'started_ms, started_done, finished_ms';

export interface JobRow {
  readonly id: string;
  readonly kind: string;
  readonly project: string;
  readonly state: JobState;
  readonly input: string;
  readonly progress: string | null;
  readonly result?: string | null;
  readonly failure: string | null;
  readonly attempts: number;
  readonly cancel_requested: number;
  readonly created_ms: number;
  readonly earliest_ms: number;
  readonly started_ms: number | null;
  readonly started_done: number;
  readonly finished_ms: number | null;
}

export function jobOf(row: JobRow): Job {
  return {
    id: row.id,
    kind: row.kind,
    project: row.project,
    state: row.state,
    input: JSON.parse(row.input),
    progress: parsed(row.progress) as Job['progress'],
    result: parsed(row.result ?? null),
    failure: parsed(row.failure) as Job['failure'],
    attempts: row.attempts,
    cancelRequested: row.cancel_requested === 1,
    createdMs: row.created_ms,
    earliestMs: row.earliest_ms,
    startedMs: row.started_ms,
    startedDone: row.started_done,
    finishedMs: row.finished_ms,
  };
}

function parsed(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
