import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import express, { type Express, type Request, type Response } from 'express';
import type { Scope } from '../support/server-process.js';

const JOB = 19;
const TASK = 7;
const STOP_FRAME = 2;

/** What the page's script asks of CVAT's server. */
export interface FunctionCall {
  readonly type: string;
  readonly frame: number;
  readonly job: number;
  readonly task: number;
  readonly shapes: readonly { readonly type: string; readonly points: readonly number[] }[];
}

export interface CvatServer {
  readonly origin: string;
  /** Calls of functions so far. */
  readonly calls: readonly FunctionCall[];
  /** What was saved: the action and the shapes. */
  readonly saved: readonly { readonly action: string; readonly shapes: readonly object[] }[];
  /** Lets further calls wait until they are released. */
  hold(): { release(): void };
  /** Answers one call itself, with that status: the next one, or one after that. */
  failOnce(status: number, after?: number): void;
}

interface Options {
  /** The image of every frame. */
  readonly photograph: Buffer;
  /** Where the page's script comes from. */
  readonly refinerUrl: string;
  /** What this CVAT takes for Nuclio's dashboard. */
  readonly nuclioUrl: string;
}

interface NuclioFunction {
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
}

/** What CVAT's server does between the page of one job and Nuclio (protocol note, sections 2 and 3.3). */
export async function openCvatServer(scope: Scope, options: Options): Promise<CvatServer> {
  const calls: FunctionCall[] = [];
  const saved: { action: string; shapes: readonly object[] }[] = [];
  let gate = Promise.resolve();
  let failure = { status: 0, after: -1 };

  async function callFunction(request: Request<{ name: string }>, response: Response): Promise<void> {
    const call = request.body as FunctionCall;
    calls.push(call);
    await gate;
    if (failure.after-- === 0) {
      const text = `${failure.status} Server Error: SAMRefiner: failing for url: ${options.nuclioUrl}`;
      response.status(failure.status).json(text);
      return;
    }
    const found = await fetch(`${options.nuclioUrl}/api/functions/${request.params.name}`);
    const { annotations } = ((await found.json()) as NuclioFunction).metadata;
    const refusal = refusalOf(call, annotations['supported_shape_types'] ?? '');
    if (refusal === null) await invoke(request.params.name, call, options, response);
    else response.status(400).json(refusal);
  }

  const app = express();
  servePage(app, options.refinerUrl);
  app.get('/api/lambda/functions', async (_, response) => {
    const listed = await fetch(`${options.nuclioUrl}/api/functions`);
    const functions = Object.values((await listed.json()) as Readonly<Record<string, NuclioFunction>>);
    response.json(
      functions.map(({ metadata: { name, annotations } }) => ({ id: name, kind: annotations['type'] })),
    );
  });
  app.post('/api/lambda/functions/:name', express.json({ limit: '50mb' }), callFunction);
  app.patch(`/api/jobs/${JOB}/annotations`, express.json({ limit: '50mb' }), (request, response) => {
    const { shapes } = request.body as { shapes: readonly object[] };
    const { action } = request.query;
    saved.push({ action: typeof action === 'string' ? action : '', shapes });
    response.json({ shapes });
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    server.closeAllConnections();
    server.close();
  });

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    saved,
    hold: () => {
      let open: () => void = () => undefined;
      gate = new Promise((resolve) => (open = resolve));
      return { release: open };
    },
    failOnce: (status, after = 0) => {
      failure = { status, after };
    },
  };
}

/** The page with the script before the end of its head, twice: that must do no harm. */
function servePage(app: Express, refinerUrl: string): void {
  const tag = '<script src="/cvat/refine.js" defer></script>';
  app.get('/', async (_, response) => {
    const html = await readFile('test/browser/cvat-page.html', 'utf8');
    response.type('html').send(html.replace('</head>', `${tag}${tag}</head>`));
  });
  app.get('/cvat/refine.js', async (_, response) => {
    const script = await fetch(`${refinerUrl}/cvat/refine.js`);
    response.type(script.headers.get('content-type') ?? '').send(await script.text());
  });
  app.get('/favicon.ico', (_, response) => response.sendStatus(204));
}

function refusalOf({ type, frame, job, task, shapes }: FunctionCall, supported: string): string | null {
  if (job !== JOB || task !== TASK || frame < 0 || frame > STOP_FRAME) return 'the frame is not in the job';
  if (type !== 'init_tracking') return `unknown type ${type}`;
  const unknown = shapes.find((shape) => !supported.split(',').includes(shape.type));
  return unknown === undefined ? null : `unsupported shape type ${unknown.type}`;
}

async function invoke(
  name: string,
  { shapes }: FunctionCall,
  { photograph, nuclioUrl }: Options,
  response: Response,
): Promise<void> {
  const answered = await fetch(`${nuclioUrl}/api/function_invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-nuclio-function-name': name, 'x-nuclio-path': '/' },
    body: JSON.stringify({ image: photograph.toString('base64'), shapes, states: [] }),
  });
  if (answered.ok) {
    const body = (await answered.json()) as { shapes: unknown; states: readonly unknown[] };
    response.json({ ...body, states: body.states.map((_, i) => `signed state ${i}`) });
    return;
  }
  const whose = answered.status < 500 ? 'Client' : 'Server';
  const text = `${answered.status} ${whose} Error: ${answered.statusText} for url: ${answered.url}`;
  response.status(answered.status).json(text);
}
