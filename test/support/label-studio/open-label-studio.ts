import express, { type RequestHandler } from 'express';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { backendRoutes } from './backend-routes.js';
import { fileRoutes } from './files.js';
import { projectRoutes } from './project-routes.js';
import { emptyState, type LabelStudioState } from './state.js';
import { createTokens, refreshAccess, requireToken, type Tokens } from './tokens.js';

export interface LabelStudioDouble {
  readonly origin: string;
  readonly state: LabelStudioState;
  readonly tokens: Tokens;
  /** Method and address of every request, oldest first. */
  readonly received: readonly string[];
  /** Answers instead of Label Studio while it is set; one that calls `next` leaves the answer to it. */
  fault: RequestHandler | null;
}

export interface LabelStudioOptions {
  readonly edition?: 'open' | 'enterprise';
  /** Folder in front of all addresses, as behind a proxy. */
  readonly folder?: string;
}

/**
 * A Label Studio on 127.0.0.1 for the time of one test: tokens, projects, paged tasks, exports, predictions, connections
 * to backends, webhooks and files, as the protocol note describes them.
 */
export async function openLabelStudio(
  context: TestContext,
  { edition = 'open', folder = '' }: LabelStudioOptions = {},
): Promise<LabelStudioDouble> {
  const state = emptyState();
  const tokens = createTokens();
  const received: string[] = [];
  const app = express();
  const label = express.Router();
  label.post('/api/token/refresh/', refreshAccess(tokens));
  label.use(requireToken(tokens));
  label.use('/api', projectRoutes(state, edition), backendRoutes(state));
  label.use(fileRoutes(state));
  app.use(express.json({ limit: '64mb' }));
  app.use((req, res, next) => {
    received.push(`${req.method} ${req.originalUrl}`);
    if (double.fault === null) next();
    else double.fault(req, res, next);
  });
  app.use(folder === '' ? '/' : folder, label);
  app.use((_req, res) => void res.status(404).type('html').send('<h1>Not Found</h1>'));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const double: LabelStudioDouble = {
    origin: `http://127.0.0.1:${port}${folder}`,
    state,
    tokens,
    received,
    fault: null,
  };
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return double;
}
