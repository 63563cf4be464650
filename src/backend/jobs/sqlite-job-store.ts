import { randomUUID } from 'node:crypto';
import type { Job, JobFailure, JobProgress } from './job.js';
import { closeJobDatabase, type JobDatabase, openJobDatabase } from './job-database.js';
import type { EnqueuedJob, EnqueueLimits, JobFilter, JobOutcome, JobStore, NewJob } from './job-store.js';
import { COLUMNS, jobOf, type JobRow } from './job-table.js';

const NOT_BUSY = `project NOT IN (SELECT project FROM jobs WHERE state = 'running')`;
const FINISHED = `state IN ('done', 'failed', 'cancelled')`;

/**
 * Jobs in one SQLite file. The calls are synchronous inside, each of them a few rows by index and one wait for the disk.
 * Throws JOBS_FILE_UNUSABLE.
 */
export async function openSqliteJobStore(file: string): Promise<JobStore> {
  return new SqliteJobStore(await openJobDatabase(file));
}

class SqliteJobStore implements JobStore {
  constructor(private readonly database: JobDatabase) {}

  enqueue(job: NewJob, limits: EnqueueLimits, nowMs: number): Promise<EnqueuedJob | null> {
    return this.atomic(() => {
      const input = JSON.stringify(job.input);
      const waiting = this.row(
        `SELECT ${COLUMNS} FROM jobs WHERE state = 'queued' AND started_ms IS NULL
           AND project = ? AND kind = ? AND input = ?`,
        [job.project, job.kind, input],
      );
      if (waiting) {
        const latestMs = waiting.created_ms + limits.maxDelayMs;
        const earliestMs = Math.min(Math.max(waiting.earliest_ms, job.earliestMs), latestMs);
        this.change('UPDATE jobs SET earliest_ms = ? WHERE id = ?', [earliestMs, waiting.id]);
        return { job: this.present(waiting.id), joined: true };
      }
      if (this.number(`SELECT COUNT(*) AS n FROM jobs WHERE state = 'queued'`) >= limits.maxQueued)
        return null;
      const id = randomUUID();
      this.change(
        `INSERT INTO jobs (id, kind, project, state, input, created_ms, earliest_ms)
         VALUES (?, ?, ?, 'queued', ?, ?, ?)`,
        [id, job.kind, job.project, input, nowMs, job.earliestMs],
      );
      return { job: this.present(id), joined: false };
    });
  }

  claim(nowMs: number): Promise<Job | null> {
    return this.atomic(() => {
      const next = this.row(
        `SELECT ${COLUMNS} FROM jobs WHERE state = 'queued' AND earliest_ms <= ? AND ${NOT_BUSY}
         ORDER BY earliest_ms, sequence LIMIT 1`,
        [nowMs],
      );
      if (!next) return null;
      this.change(
        `UPDATE jobs SET state = 'running', attempts = attempts + 1, started_ms = ?, started_done = ? WHERE id = ?`,
        [nowMs, jobOf(next).progress?.done ?? 0, next.id],
      );
      return this.present(next.id);
    });
  }

  nextStartMs(): Promise<number | null> {
    return this.atomic(() => {
      const sql = `SELECT MIN(earliest_ms) AS ms FROM jobs WHERE state = 'queued' AND ${NOT_BUSY}`;
      return (this.database.prepare(sql).get() as { readonly ms: number | null }).ms;
    });
  }

  save(
    id: string,
    progress: JobProgress,
    checkpoint?: readonly [key: string, value: unknown],
  ): Promise<void> {
    return this.atomic(() => {
      const changed = this.change(`UPDATE jobs SET progress = ? WHERE id = ? AND state = 'running'`, [
        JSON.stringify(progress),
        id,
      ]);
      if (changed === 0 || !checkpoint) return;
      this.change(
        `INSERT INTO checkpoints (job, key, value) VALUES (?, ?, ?)
         ON CONFLICT (job, key) DO UPDATE SET value = excluded.value`,
        [id, checkpoint[0], JSON.stringify(checkpoint[1])],
      );
    });
  }

  checkpoints(id: string): Promise<ReadonlyMap<string, unknown>> {
    return this.atomic(() => {
      const sql = 'SELECT key, value FROM checkpoints WHERE job = ? ORDER BY sequence';
      const rows = this.database.prepare(sql).all(id) as { readonly key: string; readonly value: string }[];
      return new Map(rows.map(({ key, value }) => [key, JSON.parse(value) as unknown]));
    });
  }

  finish(id: string, outcome: JobOutcome, nowMs: number): Promise<void> {
    return this.atomic(() => {
      const result = outcome.state === 'done' ? JSON.stringify(outcome.result ?? null) : null;
      const failure = outcome.state === 'failed' ? JSON.stringify(outcome.failure) : null;
      const changed = this.change(
        `UPDATE jobs SET state = ?, result = ?, failure = ?, finished_ms = ? WHERE id = ? AND state = 'running'`,
        [outcome.state, result, failure, nowMs, id],
      );
      if (changed > 0) this.change('DELETE FROM checkpoints WHERE job = ?', [id]);
    });
  }

  release(id: string, again: { readonly earliestMs: number; readonly countAttempt: boolean }): Promise<void> {
    return this.atomic(() => {
      this.change(
        `UPDATE jobs SET state = 'queued', earliest_ms = ?, attempts = attempts - ?
         WHERE id = ? AND state = 'running'`,
        [again.earliestMs, again.countAttempt ? 0 : 1, id],
      );
    });
  }

  requestCancel(id: string, nowMs: number): Promise<Job | null> {
    return this.atomic(() => {
      const cancelled = this.change(
        `UPDATE jobs SET state = 'cancelled', finished_ms = ? WHERE id = ? AND state = 'queued'`,
        [nowMs, id],
      );
      if (cancelled > 0) this.change('DELETE FROM checkpoints WHERE job = ?', [id]);
      this.change(`UPDATE jobs SET cancel_requested = 1 WHERE id = ? AND state = 'running'`, [id]);
      return this.find(id);
    });
  }

  recover(maxAttempts: number, gaveUp: JobFailure, nowMs: number): Promise<number> {
    return this.atomic(() => {
      const cancelled = this.change(
        `UPDATE jobs SET state = 'cancelled', finished_ms = ? WHERE state = 'running' AND cancel_requested = 1`,
        [nowMs],
      );
      const failed = this.change(
        `UPDATE jobs SET state = 'failed', failure = ?, finished_ms = ? WHERE state = 'running' AND attempts >= ?`,
        [JSON.stringify(gaveUp), nowMs, maxAttempts],
      );
      this.change(`DELETE FROM checkpoints WHERE job IN (SELECT id FROM jobs WHERE ${FINISHED})`, []);
      return cancelled + failed + this.change(`UPDATE jobs SET state = 'queued' WHERE state = 'running'`, []);
    });
  }

  prune(beforeMs: number, keep: number): Promise<void> {
    return this.atomic(() => {
      this.change(
        `DELETE FROM jobs WHERE ${FINISHED} AND (finished_ms < ? OR sequence IN (
           SELECT sequence FROM jobs WHERE ${FINISHED} ORDER BY finished_ms DESC, sequence DESC LIMIT -1 OFFSET ?))`,
        [beforeMs, keep],
      );
    });
  }

  get(id: string): Promise<Job | null> {
    return this.atomic(() => this.find(id));
  }

  list({ project, state, limit }: JobFilter): Promise<readonly Job[]> {
    return this.atomic(() => {
      const sql = `SELECT ${COLUMNS} FROM jobs WHERE (? IS NULL OR project = ?) AND (? IS NULL OR state = ?)
                   ORDER BY sequence DESC LIMIT ?`;
      const [ofProject, inState] = [project ?? null, state ?? null];
      const rows = this.database.prepare(sql).all(ofProject, ofProject, inState, inState, limit);
      return (rows as JobRow[]).map(jobOf);
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      closeJobDatabase(this.database);
      resolve();
    });
  }

  /** Runs a step as one transaction; what it throws rejects the promise and leaves the file as it was. */
  private atomic<T>(step: () => T): Promise<T> {
    return new Promise((resolve) => resolve(this.database.transaction(step).immediate()));
  }

  private change(sql: string, values: readonly unknown[]): number {
    return this.database.prepare(sql).run(...values).changes;
  }

  private row(sql: string, values: readonly unknown[]): JobRow | undefined {
    return this.database.prepare(sql).get(...values) as JobRow | undefined;
  }

  private number(sql: string): number {
    return (this.database.prepare(sql).get() as { readonly n: number }).n;
  }

  private find(id: string): Job | null {
    const row = this.row(`SELECT ${COLUMNS}, result FROM jobs WHERE id = ?`, [id]);
    return row ? jobOf(row) : null;
  }

  private present(id: string): Job {
    const job = this.find(id);
    if (!job) throw new Error(`job ${id} vanished`);
    return job;
  }
}
