import { closeSqliteFile, openSqliteFile, type SqliteFile } from '../sqlite-file.js';
import { CREATE_TABLES, TABLES_VERSION } from './job-table.js';

export type JobDatabase = SqliteFile;

/** Opens the file of the job queue as `openSqliteFile` does. Throws JOBS_FILE_UNUSABLE. */
export function openJobDatabase(file: string): Promise<JobDatabase> {
  return openSqliteFile(file, {
    create: CREATE_TABLES,
    version: TABLES_VERSION,
    unusable: 'JOBS_FILE_UNUSABLE',
  });
}

export const closeJobDatabase = closeSqliteFile;
