import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { RefinerError } from '../../../errors.js';
import { JsonParser } from '../../json-parser.js';
import { answerChecks, inAnswer } from './answer-checks.js';
import type { Annotations, PatchAction, ShapeData, StoredShape } from './annotations.js';
import type { CvatConnection } from './connection.js';
import { createCvatRequests, type CvatRequest } from './request.js';
import type { CvatJob, CvatLabel, CvatTask, DataMeta } from './resources.js';

export interface CvatClientSettings {
  readonly connection: CvatConnection;
  readonly verifyTls: boolean;
  /** Largest frame. */
  readonly maxImageBytes: number;
  /** For one request; 2 minutes unless given. */
  readonly timeoutMs?: number;
  /** For all waits of one request where CVAT is not ready; 10 minutes unless given. */
  readonly maxWaitMs?: number;
  /** How waiting is done; for tests. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What the jobs to list have in common. */
export interface JobFilter {
  readonly task?: number;
  readonly project?: number;
  readonly state?: string;
  /** `annotation` leaves out ground truth and consensus replicas, on servers that know them. */
  readonly type?: string;
}

/**
 * CVAT over REST (protocol note, section 6). Frame numbers are those of the task. Every call throws what `CvatRequests`
 * throws, and CVAT_ANSWER_INVALID for an answer of another form. Whoever opens a client closes it.
 */
export interface CvatClient {
  /** Address of CVAT, without credentials. */
  readonly baseUrl: string;
  task(id: number, signal: AbortSignal): Promise<CvatTask>;
  jobs(filter: JobFilter, signal: AbortSignal): Promise<readonly CvatJob[]>;
  job(id: number, signal: AbortSignal): Promise<CvatJob>;
  /** Of a job, a task or a project: one of them. */
  labels(
    of: { readonly job: number } | { readonly task: number } | { readonly project: number },
    signal: AbortSignal,
  ): Promise<readonly CvatLabel[]>;
  dataMeta(job: number, signal: AbortSignal): Promise<DataMeta>;
  /** The image file in its original quality, EXIF rotation applied; waits while CVAT prepares it. */
  frame(job: number, frame: number, signal: AbortSignal): Promise<Uint8Array>;
  annotations(job: number, signal: AbortSignal): Promise<Annotations>;
  /**
   * Writes shapes, all or none. `create` takes shapes without id; `update` replaces those of the ids, which then are
   * others; `delete` wants whole shapes. Answers the shapes as stored, in the order given. An id that is no longer there
   * is no error: `update` then creates a second shape.
   */
  patchShapes(
    job: number,
    action: PatchAction,
    shapes: readonly ShapeData[],
    signal: AbortSignal,
  ): Promise<readonly StoredShape[]>;
  close(): Promise<void>;
}

const MEBIBYTE = 1024 * 1024;
const MAX_JSON_BYTES = 256 * MEBIBYTE;
/** An annotated shape is about thirty arrays, objects and strings. */
const JSON_LIMITS = { maxDepth: 32, maxNodes: 20_000_000 };
const PAGE_SIZE = 100;
const MAX_PAGES = 1000;
/** Shapes that are checked before others get their turn. */
const CHECKED_AT_ONCE = 500;

export function createCvatClient(settings: CvatClientSettings): CvatClient {
  const { connection, verifyTls, maxImageBytes, timeoutMs = 120_000, maxWaitMs = 600_000 } = settings;
  const wait = settings.wait ?? ((ms, signal) => delay(ms, undefined, { signal }));
  const requests = createCvatRequests({ connection, verifyTls, timeoutMs, maxWaitMs, wait });
  const parser = new JsonParser(JSON_LIMITS);
  const check = answerChecks();

  async function json(request: Omit<CvatRequest, 'maxBytes' | 'isImage'>): Promise<unknown> {
    const bytes = await requests.send({ ...request, maxBytes: MAX_JSON_BYTES });
    return inAnswer(request.path, () => parser.parse(new Uint8Array(bytes), request.signal));
  }

  async function get<T>(path: string, read: (value: unknown) => T, signal: AbortSignal): Promise<T> {
    const value = await json({ method: 'GET', path, signal });
    return inAnswer(path, () => Promise.resolve(read(value)));
  }

  /** All pages. Their addresses are made here: those that CVAT names may be of a host that only its users reach. */
  async function list<T>(
    path: string,
    query: Readonly<Record<string, string | number | undefined>>,
    read: (value: unknown) => T,
    signal: AbortSignal,
  ): Promise<readonly T[]> {
    const found: T[] = [];
    for (let page = 1; page <= MAX_PAGES; page++) {
      const where = `${path}?${queryOf({ ...query, page, page_size: PAGE_SIZE })}`;
      const { next, results } = await get(where, check.page, signal);
      found.push(...(await inAnswer(where, () => Promise.resolve(results.map(read)))));
      if (next === null || next === undefined || results.length === 0) return found;
    }
    throw new RefinerError('CVAT_ANSWER_INVALID', { where: path, expected: `at most ${MAX_PAGES} pages` });
  }

  async function shapesIn(path: string, value: unknown): Promise<Annotations> {
    return inAnswer(path, async () => {
      const { shapes, tags, tracks } = check.annotations(value);
      for (const [index, shape] of shapes.entries()) {
        if (index % CHECKED_AT_ONCE === CHECKED_AT_ONCE - 1) await nextTurn();
        check.shape(shape);
      }
      return { shapes, tags, tracks };
    });
  }

  return {
    baseUrl: connection.baseUrl,
    task: (id, signal) => get(`/tasks/${id}`, check.task, signal),
    jobs: ({ task, project, state, type }, signal) =>
      list('/jobs', { task_id: task, project_id: project, state, type }, check.job, signal),
    job: (id, signal) => get(`/jobs/${id}`, check.job, signal),
    labels: (of, signal) => list('/labels', labelQuery(of), check.label, signal),
    dataMeta: (job, signal) => get(`/jobs/${job}/data/meta`, check.dataMeta, signal),
    frame: (job, frame, signal) => {
      const path = `/jobs/${job}/data?${queryOf({ type: 'frame', number: frame, quality: 'original' })}`;
      return requests.send({ method: 'GET', path, maxBytes: maxImageBytes, signal, isImage: true });
    },
    annotations: async (job, signal) => {
      const path = `/jobs/${job}/annotations`;
      return shapesIn(path, await json({ method: 'GET', path, signal }));
    },
    patchShapes: async (job, action, shapes, signal) => {
      const path = `/jobs/${job}/annotations?action=${action}`;
      const body = JSON.stringify({ version: 0, tags: [], shapes, tracks: [] });
      const answer = await json({ method: 'PATCH', path, body, signal });
      return (await shapesIn(path, answer)).shapes;
    },
    close: async () => {
      await Promise.all([requests.close(), parser.close()]);
    },
  };
}

function labelQuery(of: { readonly job?: number; readonly task?: number; readonly project?: number }) {
  return { job_id: of.job, task_id: of.task, project_id: of.project };
}

function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.toString();
}
