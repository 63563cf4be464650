import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ShapeData, StoredShape } from '../../src/backend/cvat/rest/annotations.js';
import { shapeErrors, storedShape } from './cvat-shapes.js';

/**
 * A CVAT over REST, built after the protocol note (section 6), with its traps: ids change on `update`, an `update` of
 * an id that is gone creates a second shape, shapes come in no order within a frame, absent attributes are filled in.
 */
export interface DoubleLabel {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly attributes: readonly { readonly id: number; readonly default_value: string }[];
}

export interface DoubleJob {
  readonly id: number;
  readonly task_id: number;
  readonly project_id: number | null;
  readonly type: string;
  readonly dimension: string;
  readonly start_frame: number;
  readonly stop_frame: number;
  state: string;
  updated_date: string;
  readonly deletedFrames: number[];
  shapes: StoredShape[];
  tags: unknown[];
  tracks: unknown[];
}

export interface DoubleRequest {
  readonly method: string;
  /** With its query, below `/api`. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a test wants instead of the ordinary answer; after `lose` nothing is ever answered. */
export type Interference =
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'lose'; readonly done: boolean };

export interface CvatDouble {
  readonly origin: string;
  readonly jobs: Map<number, DoubleJob>;
  readonly labels: DoubleLabel[];
  readonly requests: DoubleRequest[];
  /** Bytes of the bodies received in PATCH requests. */
  readonly bytesWritten: () => number;
  /** The `Authorization` that is let in; null lets everybody in. */
  authorization: string | null;
  /** The organisation whose tasks these are; null for the personal space. */
  organization: string | null;
  /** Asked before every request is answered. */
  interfere: (request: DoubleRequest) => Promise<Interference | undefined> | Interference | undefined;
  /** Of all frames. */
  frameSize: { readonly width: number; readonly height: number };
  /** The file of a frame. */
  frame: (job: DoubleJob, frame: number) => Promise<Uint8Array> | Uint8Array;
  /** Adds a job; what is not said is ordinary. */
  readonly addJob: (job: Partial<DoubleJob> & { readonly id: number }) => DoubleJob;
  /** Adds a shape as a person would, and says so in `updated_date`. */
  readonly addShape: (job: number, shape: ShapeData) => StoredShape;
  /** Does what a PATCH of the annotations does. */
  readonly patch: (job: number, action: string, shapes: readonly object[]) => readonly StoredShape[];
  close(): Promise<void>;
}

const FIRST_ID = 1001;

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly type?: string;
}

export async function openCvatDouble(): Promise<CvatDouble> {
  const requests: DoubleRequest[] = [];
  let lastId = FIRST_ID - 1;
  let ticks = 0;
  let bytesWritten = 0;

  const touch = (job: DoubleJob): void => {
    ticks++;
    job.updated_date = new Date(Date.UTC(2026, 0, 5) + ticks * 1000).toISOString();
  };

  function apply(job: DoubleJob, action: string, shapes: readonly object[]): readonly StoredShape[] {
    const given = shapes as readonly StoredShape[];
    if (action !== 'create') {
      const ids = new Set(given.map(({ id }) => id));
      job.shapes = job.shapes.filter(({ id }) => !ids.has(id));
    }
    if (given.length > 0) touch(job);
    if (action === 'delete') return given;
    const stored = given.map((shape) => storedShape({ ...shape }, ++lastId));
    job.shapes = [...job.shapes, ...stored];
    return stored;
  }

  const double: CvatDouble = {
    origin: '',
    jobs: new Map(),
    labels: [
      { id: 31, name: 'cat', type: 'any', attributes: [{ id: 41, default_value: '__undefined__' }] },
      { id: 32, name: 'dog', type: 'mask', attributes: [] },
      { id: 33, name: 'blurred', type: 'tag', attributes: [] },
    ],
    requests,
    bytesWritten: () => bytesWritten,
    authorization: null,
    organization: null,
    interfere: () => undefined,
    frameSize: { width: 96, height: 72 },
    frame: () => new Uint8Array(),
    addJob: (job) => {
      const added: DoubleJob = {
        ...{ task_id: 7, project_id: 4, type: 'annotation', dimension: '2d', start_frame: 0, stop_frame: 0 },
        ...{ state: 'new', updated_date: '', deletedFrames: [], shapes: [], tags: [], tracks: [] },
        ...job,
      };
      touch(added);
      double.jobs.set(job.id, added);
      return added;
    },
    addShape: (job, shape) => {
      const [stored] = apply(presentJob(double, job), 'create', [shape]);
      if (!stored) throw new Error('nothing stored');
      return stored;
    },
    patch: (job, action, shapes) => apply(presentJob(double, job), action, shapes),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  async function answer(request: DoubleRequest): Promise<Answer> {
    const { method, path, headers } = request;
    if (double.authorization !== null && headers.authorization !== double.authorization) {
      return { status: 401, body: { detail: 'Invalid token.' } };
    }
    const url = new URL(`http://cvat${path}`);
    if ((headers['x-organization'] ?? null) !== double.organization) return notFound;
    const [resource, id, ...rest] = url.pathname.slice(1).split('/');
    if (method === 'GET' && resource === 'labels') return page(url, double.labels);
    if (method === 'GET' && resource === 'tasks' && id !== undefined) {
      const own = [...double.jobs.values()].find((job) => job.task_id === Number(id));
      return own ? ok({ id: Number(id), name: 'cats', project_id: own.project_id }) : notFound;
    }
    if (resource !== 'jobs') return notFound;
    if (id === undefined) return page(url, jobsThatMatch(double, url.searchParams).map(jobView));
    const job = double.jobs.get(Number(id));
    if (!job) return notFound;
    return answerForJob(job, rest.join('/'), url, request);
  }

  async function answerForJob(
    job: DoubleJob,
    rest: string,
    url: URL,
    { method, body }: DoubleRequest,
  ): Promise<Answer> {
    if (rest === '' && method === 'GET') return ok(jobView(job));
    if (rest === '' && method === 'PATCH') {
      job.state = (JSON.parse(body) as { readonly state: string }).state;
      touch(job);
      return ok(jobView(job));
    }
    if (rest === 'data/meta') return ok(dataMeta(job, double.frameSize));
    if (rest === 'data') {
      const bytes = await double.frame(job, Number(url.searchParams.get('number')));
      return { status: 200, body: bytes, type: 'image/png' };
    }
    if (rest !== 'annotations') return notFound;
    if (method === 'GET') return ok(annotationsOf(job, double.labels));
    const action = url.searchParams.get('action') ?? '';
    if (method === 'PATCH' && !['create', 'update', 'delete'].includes(action)) {
      return { status: 400, body: ["Please specify a correct 'action' for the request"] };
    }
    const { shapes = [], tracks = [] } = JSON.parse(body) as { shapes?: object[]; tracks?: object[] };
    const used = method === 'PUT' ? 'create' : action;
    const errors = shapes.map((shape) => shapeErrors({ ...shape }, used));
    if (errors.some((found) => found !== null)) {
      return { status: 400, body: { shapes: errors.map((found) => found ?? {}) } };
    }
    if (method === 'PUT') job.shapes = [];
    return ok({ version: 0, tags: [], shapes: apply(job, used, shapes), tracks });
  }

  const server = createServer((incoming, response) => {
    void serve(incoming, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const path = (incoming.url ?? '').replace(/^\/api/, '');
    const request = {
      method: incoming.method ?? '',
      path,
      headers: incoming.headers,
      body: body.toString('utf8'),
    };
    requests.push(request);
    if (request.method === 'PATCH') bytesWritten += body.length;
    const instead = await double.interfere(request);
    if (instead?.kind === 'answer') {
      response.writeHead(instead.status, instead.headers).end('{"detail":"not now"}');
      return;
    }
    if (instead?.kind === 'lose' && !instead.done) {
      response.destroy();
      return;
    }
    const { status, body: answered, type = 'application/vnd.cvat+json' } = await answer(request);
    if (instead?.kind === 'lose') {
      response.destroy();
      return;
    }
    const content = answered instanceof Uint8Array ? answered : JSON.stringify(answered);
    response.writeHead(status, { 'content-type': type }).end(content);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(double, { origin: `http://127.0.0.1:${port}` });
}

const notFound: Answer = { status: 404, body: { detail: 'Not found.' } };
const ok = (body: unknown): Answer => ({ status: 200, body });

function presentJob(double: CvatDouble, id: number): DoubleJob {
  const job = double.jobs.get(id);
  if (!job) throw new Error(`no job ${id}`);
  return job;
}

function jobsThatMatch(double: CvatDouble, query: URLSearchParams): readonly DoubleJob[] {
  const matches = (job: DoubleJob, name: 'task_id' | 'project_id' | 'state' | 'type'): boolean =>
    query.get(name) === null || query.get(name) === String(job[name]);
  return [...double.jobs.values()].filter(
    (job) =>
      matches(job, 'task_id') && matches(job, 'project_id') && matches(job, 'state') && matches(job, 'type'),
  );
}

/** One page; the address of the next one is of a host that only users reach. */
function page(url: URL, all: readonly unknown[]): Answer {
  const size = Number(url.searchParams.get('page_size') ?? 10);
  const number = Number(url.searchParams.get('page') ?? 1);
  const results = all.slice((number - 1) * size, number * size);
  const next =
    number * size < all.length ? `http://cvat.example.test/api${url.pathname}?page=${number + 1}` : null;
  return ok({ count: all.length, next, previous: null, results });
}

function jobView(job: DoubleJob): object {
  const { id, task_id, project_id, type, dimension, start_frame, stop_frame, state, updated_date } = job;
  const frame_count = stop_frame - start_frame + 1;
  const known = { id, task_id, project_id, type, dimension, start_frame, stop_frame, frame_count };
  return { ...known, state, updated_date, stage: 'annotation', mode: 'annotation' };
}

function dataMeta(
  { start_frame, stop_frame, deletedFrames }: DoubleJob,
  size: CvatDouble['frameSize'],
): object {
  const frames = Array.from({ length: stop_frame - start_frame + 1 }, (_, index) => ({
    ...size,
    name: `${start_frame + index}.png`,
  }));
  return { start_frame, stop_frame, size: frames.length, frames, deleted_frames: deletedFrames };
}

/** By frame, and within a frame in no order that may be relied on: here the newest first. */
function annotationsOf({ shapes, tags, tracks }: DoubleJob, labels: readonly DoubleLabel[]): object {
  const filled = shapes.map((shape) => {
    const known = labels.find(({ id }) => id === shape.label_id)?.attributes ?? [];
    const own = shape.attributes ?? [];
    const absent = known.filter(({ id }) => !own.some(({ spec_id }) => spec_id === id));
    const added = absent.map(({ id, default_value }) => ({ spec_id: id, value: default_value }));
    return { ...shape, attributes: [...own, ...added] };
  });
  return {
    ...{ version: 0, tags, tracks },
    shapes: filled.sort((a, b) => a.frame - b.frame || b.id - a.id),
  };
}
