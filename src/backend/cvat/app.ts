import express, { type Express } from 'express';
import { errorResponse, notFound } from '../error-response.js';
import { measureRequests } from '../measure.js';
import { refuseWhileDraining } from '../refuse-while-draining.js';
import { assignRequestId } from '../request-id.js';
import { securityHeaders } from '../security-headers.js';
import type { Services } from '../services.js';
import { pageScriptRouter } from './page-script.js';
import { explainInReasonPhrase } from './reason-phrase.js';
import { cvatRouter } from './routes.js';

/**
 * What CVAT takes for Nuclio, without a socket; it is to be served on `httpPort`. CVAT sends no credentials and cannot
 * put a path before Nuclio's, which is why this stands on a port of its own, apart from what asks for credentials.
 */
export function createCvatApp(services: Services, httpPort: number): Express {
  const { log, metrics, drain } = services;
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(assignRequestId(), securityHeaders(), measureRequests(log, metrics), refuseWhileDraining(drain));
  app.use(pageScriptRouter(), cvatRouter(services, httpPort), notFound());
  app.use(explainInReasonPhrase(), errorResponse(log));
  return app;
}
