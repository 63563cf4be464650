import { setImmediate as nextTurn } from 'node:timers/promises';
import { closeSqliteFile, openSqliteFile, type SqliteFile } from '../../sqlite-file.js';
import type { PatchAction, ShapeData, StoredShape } from '../rest/annotations.js';
import type { NewWrite, Product, Run, Write } from './recorded.js';
import { RECORD_TABLES } from './record-tables.js';
import type { JobReport, ShapeReport } from './task-report.js';

interface ChangeRow {
  readonly id: number;
  readonly run: number;
  readonly job: number;
  readonly action: PatchAction;
  readonly old: string;
  readonly new_id: number | null;
  readonly new: string | null;
  readonly line: string | null;
  readonly undoes: number | null;
}

const READ_AT_ONCE = 200;
const CHANGES = `SELECT changes.*, writes.run, writes.action FROM changes JOIN writes ON writes.id = changes.write`;

/**
 * What was done to one task of one CVAT, on the disk before it is done, so that a dead process loses nothing and old
 * shapes can be had back. Throws CVAT_TASK_BUSY when somebody else works on the task, CVAT_RECORD_UNUSABLE. Whoever
 * opens a record closes it.
 */
export async function openTaskRecord(file: string): Promise<TaskRecord> {
  return new TaskRecord(await openSqliteFile(file, RECORD_TABLES));
}

/** Every method is one step that is on the disk, whole, when it returns. */
export class TaskRecord {
  constructor(private readonly database: SqliteFile) {}

  /** The run of that number, or the one that was broken off with the same wish and model, or a new one. */
  begin(wish: string, model: string, known: number | null): Run {
    return this.atomic(() => {
      const found =
        known === null
          ? this.run(`state = 'running' AND wish = ? AND model = ? ORDER BY id DESC LIMIT 1`, [wish, model])
          : this.run('id = ?', [known]);
      if (found) return found;
      const sql = `INSERT INTO runs (wish, model, state) VALUES (?, ?, 'running')`;
      return { id: this.insert(sql, [wish, model]), state: 'running', model, jobs: [] };
    });
  }

  /** The last run that has written something and was not taken back. */
  lastWritten(): Run | null {
    const written = `state <> 'undone' AND id IN (SELECT run FROM writes WHERE state = 'done')`;
    return this.run(`${written} ORDER BY id DESC LIMIT 1`, []) ?? null;
  }

  end(run: number, state: 'done' | 'undone', jobs: readonly JobReport[]): void {
    this.change('UPDATE runs SET state = ?, jobs = ? WHERE id = ?', [state, JSON.stringify(jobs), run]);
  }

  /** Shapes of a job on which a run has decided; whoever changes one gives it another id. */
  decided(run: number, job: number): ReadonlySet<number> {
    const sql = `SELECT id FROM lines WHERE run = ? AND job = ? AND is_track = 0
                   AND status IN ('refined', 'kept', 'failed')`;
    const rows = this.database.prepare(sql).all(run, job) as { readonly id: number }[];
    return new Set(rows.map(({ id }) => id));
  }

  /** Notes what became of shapes; the last line of a shape counts. */
  note(run: number, lines: readonly ShapeReport[]): void {
    this.atomic(() => {
      for (const line of lines) this.addLine(run, line);
    });
  }

  lines(run: number): readonly ShapeReport[] {
    const sql = 'SELECT line FROM lines WHERE run = ? ORDER BY job, frame, is_track, id';
    const rows = this.database.prepare(sql).all(run) as { readonly line: string }[];
    return rows.map(({ line }) => JSON.parse(line) as ShapeReport);
  }

  /** The group of the shapes that the run adds to the job; `wanted` becomes it if there is none. */
  group(run: number, job: number, wanted: number): number {
    return this.atomic(() => {
      this.change('INSERT OR IGNORE INTO groups (run, job, number) VALUES (?, ?, ?)', [run, job, wanted]);
      const sql = 'SELECT number FROM groups WHERE run = ? AND job = ?';
      return (this.database.prepare(sql).get(run, job) as { readonly number: number }).number;
    });
  }

  /** Notes a write that is about to be sent. */
  send(write: NewWrite): Write {
    const { run, job, action, changes, highestId, sentMs } = write;
    return this.atomic(() => {
      const id = this.insert(
        `INSERT INTO writes (run, job, action, state, sent_ms, highest_id) VALUES (?, ?, ?, 'sent', ?, ?)`,
        [run, job, action, sentMs, highestId],
      );
      for (const { old, now, line, undoes } of changes) {
        this.change(
          'INSERT INTO changes (write, job, old_id, old, new, line, undoes) VALUES (?, ?, ?, ?, ?, ?, ?)',
          [id, job, old.id, JSON.stringify(old), json(now), json(line), undoes],
        );
      }
      return { ...write, id };
    });
  }

  /** Writes of which it is not known whether they arrived. */
  unanswered(): readonly Write[] {
    const rows = this.database.prepare(`SELECT * FROM writes WHERE state = 'sent' ORDER BY id`).all();
    return (rows as WriteRow[]).map((row) => ({
      ...{ id: row.id, run: row.run, job: row.job, action: row.action },
      ...{ sentMs: row.sent_ms, highestId: row.highest_id },
      changes: this.changes('write = ?', [row.id]).map(({ old, new: now, line, undoes }) => ({
        old: JSON.parse(old) as StoredShape,
        now: now === null ? null : (JSON.parse(now) as ShapeData),
        line: line === null ? null : (JSON.parse(line) as ShapeReport),
        undoes,
      })),
    }));
  }

  /**
   * Notes that a write was done, with the ids of what it made in the order of its changes; null for one that somebody
   * has changed since, or that only took a shape away.
   */
  arrived(write: Write, newIds: readonly (number | null)[]): void {
    this.atomic(() => {
      for (const [index, { id, line, undoes }] of this.changes('write = ?', [write.id]).entries()) {
        const newId = newIds[index] ?? null;
        this.change('UPDATE changes SET new_id = ? WHERE id = ?', [newId, id]);
        if (line !== null) this.addLine(write.run, arrivedLine(JSON.parse(line) as ShapeReport, newId));
        if (undoes !== null) this.markUndone(undoes, newId);
      }
      this.change(`UPDATE writes SET state = 'done' WHERE id = ?`, [write.id]);
    });
  }

  /** Forgets a write that was not done. */
  missed(write: Write): void {
    this.change('DELETE FROM writes WHERE id = ?', [write.id]);
  }

  /** What runs have written and was not taken back, the oldest first, read in turns. */
  async products(of: { readonly job: number } | { readonly run: number }): Promise<readonly Product[]> {
    const [column, value] = 'job' in of ? ['changes.job', of.job] : ['writes.run', of.run];
    const live = `writes.state = 'done' AND undone = 0 AND undoes IS NULL AND new_id IS NOT NULL`;
    const found: Product[] = [];
    for (let last = 0; ;) {
      const where = `${column} = ? AND ${live} AND changes.id > ?`;
      const rows = this.changes(where, [value, last], READ_AT_ONCE);
      found.push(...rows.map(productOf));
      const end = rows.at(-1);
      if (end === undefined || rows.length < READ_AT_ONCE) return found;
      last = end.id;
      await nextTurn();
    }
  }

  /** What was taken back of a run: by change, with the id of the shape that is there again. */
  restored(run: number): ReadonlyMap<number, number | null> {
    const rows = this.changes(
      `undoes IN (SELECT changes.id FROM changes JOIN writes ON writes.id = changes.write
      WHERE writes.run = ?) AND writes.state = 'done'`,
      [run],
    );
    return new Map(rows.map(({ undoes, new_id }) => [undoes ?? 0, new_id]));
  }

  close(): void {
    closeSqliteFile(this.database);
  }

  /** What an earlier run wrote is there again, under another id. */
  private markUndone(change: number, restoredId: number | null): void {
    if (restoredId !== null) {
      this.change(
        `UPDATE changes SET new_id = ? WHERE undoes IS NULL AND job = (SELECT job FROM changes WHERE id = ?)
           AND new_id = (SELECT old_id FROM changes WHERE id = ?)`,
        [restoredId, change, change],
      );
    }
    this.change('UPDATE changes SET undone = 1 WHERE id = ?', [change]);
  }

  private addLine(run: number, line: ShapeReport): void {
    const { job, id, frame, status } = line;
    this.change(
      'INSERT OR REPLACE INTO lines (run, job, is_track, id, frame, status, line) VALUES (?, ?, ?, ?, ?, ?, ?)',
      [run, job, line.type === 'track' ? 1 : 0, id, frame, status, JSON.stringify(line)],
    );
  }

  private run(where: string, values: readonly unknown[]): Run | undefined {
    const row = this.database.prepare(`SELECT * FROM runs WHERE ${where}`).get(...values);
    if (!row) return undefined;
    const { id, state, model, jobs } = row as Omit<Run, 'jobs'> & { readonly jobs: string | null };
    return { id, state, model, jobs: jobs === null ? [] : (JSON.parse(jobs) as JobReport[]) };
  }

  private changes(where: string, values: readonly unknown[], limit = -1): readonly ChangeRow[] {
    const sql = `${CHANGES} WHERE ${where} ORDER BY changes.id LIMIT ${limit}`;
    return this.database.prepare(sql).all(...values) as ChangeRow[];
  }

  private atomic<T>(step: () => T): T {
    return this.database.transaction(step).immediate();
  }

  private change(sql: string, values: readonly unknown[]): void {
    this.database.prepare(sql).run(...values);
  }

  private insert(sql: string, values: readonly unknown[]): number {
    return Number(this.database.prepare(sql).run(...values).lastInsertRowid);
  }
}

interface WriteRow {
  readonly id: number;
  readonly run: number;
  readonly job: number;
  readonly action: PatchAction;
  readonly sent_ms: number;
  readonly highest_id: number;
}

function json(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** A shape that was written, but that somebody has changed before its id was known, is theirs now. */
function arrivedLine(line: ShapeReport, newId: number | null): ShapeReport {
  return newId === null ? { ...line, status: 'left', reason: 'changed-meanwhile' } : { ...line, newId };
}

function productOf(row: ChangeRow): Product {
  return {
    ...{ change: row.id, run: row.run, job: row.job, action: row.action },
    old: JSON.parse(row.old) as StoredShape,
    shape: { ...(JSON.parse(row.new ?? 'null') as ShapeData), id: row.new_id ?? 0 },
  };
}
