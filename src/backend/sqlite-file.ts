import Database from 'libsql';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ErrorCode, RefinerError } from '../errors.js';

export type SqliteFile = InstanceType<typeof Database>;

export interface SqliteTables {
  /** SQL that makes all tables in a new file and sets `user_version`. */
  readonly create: string;
  readonly version: number;
  /** The error where the file cannot be used. */
  readonly unusable: ErrorCode;
  /** The error where another process, or another part of this one, has the file; `unusable` unless given. */
  readonly inUse?: ErrorCode;
}

/**
 * Opens the file, or makes it. The process holds it alone: the lock goes with the process, however that ends, so that
 * what an open piece of work left in the file always belongs to this process or to a dead one. Every write waits for
 * the disk. Throws the errors that `tables` names.
 */
export async function openSqliteFile(file: string, tables: SqliteTables): Promise<SqliteFile> {
  let database: SqliteFile | undefined;
  try {
    await mkdir(dirname(file), { recursive: true });
    database = new Database(file);
    // A rollback journal, because with a write-ahead log the package does not give the lock back (see below).
    database.exec('PRAGMA journal_mode = DELETE');
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA foreign_keys = ON');
    prepareTables(database, tables);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof RefinerError) throw cause;
    const received = cause instanceof Error ? cause.message : String(cause);
    const expected = 'a file that can be written and that no other process has open';
    const code = /locked|busy/i.test(received) ? (tables.inUse ?? tables.unusable) : tables.unusable;
    throw new RefinerError(code, { where: file, expected, received }, { cause });
  }
}

/** Closes the file. The package itself keeps it, and its lock, until the statements are collected as garbage. */
export function closeSqliteFile(database: SqliteFile): void {
  database.exec('PRAGMA locking_mode = NORMAL; SELECT COUNT(*) FROM sqlite_schema');
  database.close();
}

function prepareTables(database: SqliteFile, { create, version, unusable }: SqliteTables): void {
  // Beginning to write takes the lock, which is then kept.
  database.exec('BEGIN IMMEDIATE');
  const row = database.prepare('PRAGMA user_version').get() as { readonly user_version: number };
  if (row.user_version === 0) database.exec(create);
  database.exec('COMMIT');
  if (row.user_version > version) {
    throw new RefinerError(unusable, {
      expected: `tables of version ${version}`,
      received: `version ${row.user_version}, made by a newer program`,
    });
  }
}
