import { RefinerError } from '../../../errors.js';
import type { AnswerReaders, LabelStudioTask } from './api-schema.js';
import type { SendRequest } from './send-request.js';

export interface ExportOptions {
  /** Also tasks without annotations. */
  readonly allTasks?: boolean;
  /** Only these tasks. Not for the commercial edition, whose snapshots hold the whole project. */
  readonly ids?: readonly number[];
}

export interface ExportTools {
  readonly send: SendRequest;
  readonly readers: AnswerReaders;
  readonly wait: (delayMs: number, signal: AbortSignal) => Promise<unknown>;
}

const MEBIBYTE = 1024 * 1024;
/** A whole project comes in one answer. */
const MAX_EXPORT_BYTES = 256 * MEBIBYTE;
const EXPORT_TIMEOUT_MS = 600_000;
const POLL_MS = 2000;
const MAX_POLLS = 900;

/**
 * All tasks of a project with full annotations; predictions are only ids. The commercial edition makes a snapshot first,
 * which is waited for. Throws the LABEL_STUDIO_* codes. Source: Label Studio protocol note section 8.4.
 */
export async function exportProject(
  project: number,
  { allTasks = false, ids = [] }: ExportOptions,
  tools: ExportTools,
  signal: AbortSignal,
): Promise<readonly LabelStudioTask[]> {
  const query = ['exportType=JSON', ...(allTasks ? ['download_all_tasks=true'] : [])];
  const path = `/api/projects/${project}/export?${[...query, ...ids.map((id) => `ids[]=${id}`)].join('&')}`;
  try {
    return await download(path, tools, signal);
  } catch (error) {
    if (!(error instanceof RefinerError) || error.code !== 'LABEL_STUDIO_NOT_FOUND') throw error;
    return exportSnapshot(project, tools, signal);
  }
}

async function exportSnapshot(
  project: number,
  tools: ExportTools,
  signal: AbortSignal,
): Promise<readonly LabelStudioTask[]> {
  const { send, readers, wait } = tools;
  const exports = `/api/projects/${project}/exports`;
  const body = { title: 'SAMRefiner' };
  let snapshot = readers.snapshot(await send({ method: 'POST', path: `${exports}/`, body }, signal));
  for (let poll = 0; snapshot.status !== 'completed'; poll++) {
    if (snapshot.status === 'failed' || poll >= MAX_POLLS) {
      const facts = {
        where: exports,
        expected: 'a finished snapshot',
        received: `one that ${poll >= MAX_POLLS ? 'does not end' : 'failed'}`,
      };
      throw new RefinerError('LABEL_STUDIO_FAILED', facts);
    }
    await wait(POLL_MS, signal);
    snapshot = readers.snapshot(await send({ method: 'GET', path: `${exports}/${snapshot.id}` }, signal));
  }
  return download(`${exports}/${snapshot.id}/download?exportType=JSON`, tools, signal);
}

async function download(
  path: string,
  { send, readers }: ExportTools,
  signal: AbortSignal,
): Promise<readonly LabelStudioTask[]> {
  const limits = { timeoutMs: EXPORT_TIMEOUT_MS, maxAnswerBytes: MAX_EXPORT_BYTES };
  return readers.tasks(await send({ method: 'GET', path, ...limits }, signal));
}
