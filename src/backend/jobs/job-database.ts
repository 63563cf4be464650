import Database from 'libsql';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RefinerError } from '../../errors.js';
import { CREATE_TABLES, TABLES_VERSION } from './job-table.js';

export type JobDatabase = InstanceType<typeof Database>;

/**
 * Opens the file, or makes it. The process holds it alone: the lock goes with the process, however that ends, so that a
 * running job in the file always belongs to this process or to a dead one. Every write waits for the disk.
 * Throws JOBS_FILE_UNUSABLE.
 */
export async function openJobDatabase(file: string): Promise<JobDatabase> {
  let database: JobDatabase | undefined;
  try {
    await mkdir(dirname(file), { recursive: true });
    database = new Database(file);
    // A rollback journal, because with a write-ahead log the package does not give the lock back (see below).
    database.exec('PRAGMA journal_mode = DELETE');
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA foreign_keys = ON');
    prepareTables(database);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof RefinerError) throw cause;
    const received = cause instanceof Error ? cause.message : String(cause);
    const expected = 'a file that can be written and that no other process has open';
    throw new RefinerError('JOBS_FILE_UNUSABLE', { where: file, expected, received }, { cause });
  }
}

/** Closes the file. The package itself keeps it, and its lock, until the statements are collected as garbage. */
export function closeJobDatabase(database: JobDatabase): void {
  database.exec('PRAGMA locking_mode = NORMAL; SELECT COUNT(*) FROM sqlite_schema');
  database.close();
}

function prepareTables(database: JobDatabase): void {
  // Beginning to write takes the lock, which is then kept.
  database.exec('BEGIN IMMEDIATE');
  const row = database.prepare('PRAGMA user_version').get() as { readonly user_version: number };
  if (row.user_version === 0) database.exec(CREATE_TABLES);
  database.exec('COMMIT');
  if (row.user_version > TABLES_VERSION) {
    throw new RefinerError('JOBS_FILE_UNUSABLE', {
      expected: `tables of version ${TABLES_VERSION}`,
      received: `version ${row.user_version}, made by a newer program`,
    });
  }
}
