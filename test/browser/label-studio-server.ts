import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import type { Scope } from '../support/server-process.js';
import type { Prediction, Task } from './label-studio-task.js';

const EDITOR = 'build/label-studio-editor/build/static';
const HOST_PAGE = 'test/browser/host-page.html';
const UPLOAD = 'upload/7/photo.jpg';
const TOKEN = '0123456789abcdef0123456789abcdef01234567';
const PROJECT = '7.1767225600';

/** The image as tasks name one that was uploaded. */
export const UPLOADED_IMAGE = `/data/${UPLOAD}`;

/** What Label Studio's server does between its editor and a backend, for one project (protocol notes 2 to 4). */
export interface LabelStudioServer {
  readonly origin: string;
  readonly token: string;
  /** The task that the project holds. */
  task: Task | null;
  /** Contexts that the editor's page sent, oldest first. */
  readonly contexts: readonly unknown[];
  /** Connects the backend, with the project's labeling config. */
  connect(backendUrl: string, labelConfig: string): Promise<void>;
  /** "Retrieve Predictions": asks the backend about the task, and stores what it answers as a further prediction. */
  retrievePredictions(): Promise<Prediction>;
}

/** A server with the photograph as its only upload; closed with the scope. */
export async function openLabelStudioServer(scope: Scope, photograph: Buffer): Promise<LabelStudioServer> {
  const contexts: unknown[] = [];
  let backend = { url: '', labelConfig: '', modelVersion: '' };

  async function ask(path: string, body: unknown): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${backend.url}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}: ${await response.text()}`);
    return response.json();
  }

  async function predict(task: object | null, context: unknown): Promise<unknown> {
    const params = { login: null, password: null, context };
    const body = { tasks: [task], project: PROJECT, label_config: backend.labelConfig, params };
    const { results } = (await ask('/predict', body)) as { results: readonly unknown[] };
    if (results.length !== 1) throw new Error(`expected one result but received ${results.length}`);
    return results[0];
  }

  const app = express();
  serveFiles(app, photograph);
  app.post('/api/ml/3/interactive-annotating', express.json({ limit: '50mb' }), (request, response, next) => {
    const { task, context } = request.body as { task: number; context: unknown };
    assert.equal(task, host.task?.id);
    contexts.push(context);
    // The page is told of failures with status 200, as by Label Studio.
    predict(host.task, context)
      .then((data) => ({ data }))
      .catch((error: unknown) => ({ errors: [String(error)] }))
      .then((answer) => response.json(answer))
      .catch(next);
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    server.closeAllConnections();
    server.close();
  });

  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const host: LabelStudioServer = {
    origin,
    token: TOKEN,
    task: null,
    contexts,
    connect: async (url, labelConfig) => {
      backend = { url, labelConfig, modelVersion: '' };
      const body = { project: PROJECT, schema: labelConfig, hostname: origin, access_token: TOKEN };
      const answer = (await ask('/setup', { ...body, extra_params: null })) as { model_version: string };
      backend.modelVersion = answer.model_version;
    },
    retrievePredictions: async () => {
      assert.ok(host.task);
      // Only a task on somebody's screen has drafts (note 3.1).
      const task = { ...host.task, drafts: undefined };
      const answer = (await predict(task, null)) as Partial<Prediction> & Pick<Prediction, 'result'>;
      const prediction = {
        score: null,
        model_version: backend.modelVersion,
        ...answer,
        id: 100 + host.task.predictions.length,
        created_at: new Date().toISOString(),
      };
      host.task = { ...host.task, predictions: [...host.task.predictions, prediction] };
      return prediction;
    },
  };
  return host;
}

function serveFiles(app: Express, photograph: Buffer): void {
  app.get('/', (_, response) => response.sendFile(HOST_PAGE, { root: '.' }));
  app.get('/favicon.ico', (_, response) => response.sendStatus(204));
  app.use('/editor', express.static(EDITOR));
  // The browser has a session, a backend a token.
  app.get(UPLOADED_IMAGE, (_, response) => response.type('jpg').send(photograph));
  app.get('/storage-data/uploaded/', (request, response) => {
    if (request.get('authorization') !== `Token ${TOKEN}`) response.sendStatus(401);
    else if (request.query['filepath'] !== UPLOAD) response.sendStatus(404);
    else response.type('jpg').send(photograph);
  });
}
