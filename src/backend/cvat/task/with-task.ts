import { join } from 'node:path';
import type { Config } from '../../../config.js';
import { type CvatClient, createCvatClient } from '../rest/client.js';
import { cvatConnection } from '../rest/connection.js';
import { openTaskRecord, type TaskRecord } from './task-record.js';

/** One task of the CVAT that the settings name. */
export interface OpenTask {
  readonly client: CvatClient;
  readonly record: TaskRecord;
}

const MEBIBYTE = 1024 * 1024;
/** No project can have that name, so that it is in nobody's way among the adapters. */
const RECORDS_FOLDER = '.cvat-tasks';

/**
 * Opens CVAT and the record of a task for as long as `work` takes. Throws CVAT_NOT_SET_UP, CVAT_TASK_BUSY when somebody
 * else works on the task, CVAT_RECORD_UNUSABLE, and what `work` throws.
 */
export async function withTask<T>(
  config: Config,
  task: number,
  work: (open: OpenTask) => Promise<T>,
): Promise<T> {
  const connection = cvatConnection(config);
  const record = await openTaskRecord(recordFile(config, connection.baseUrl, task));
  try {
    const maxImageBytes = config.maxImageMb * MEBIBYTE;
    const client = createCvatClient({ connection, verifyTls: config.verifySsl, maxImageBytes });
    try {
      return await work({ client, record });
    } finally {
      await client.close();
    }
  } finally {
    record.close();
  }
}

/** Tasks have their numbers from one CVAT, so each CVAT has files of its own. */
function recordFile(config: Config, baseUrl: string, task: number): string {
  const folder = config.cvatRecordsDir ?? join(config.adaptersDir, RECORDS_FOLDER);
  const host = baseUrl.replace(/^https?:\/\//i, '').replace(/[^A-Za-z0-9.-]/g, '_');
  return join(folder, `${host}-task-${task}.sqlite`);
}
