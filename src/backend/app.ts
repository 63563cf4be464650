import express, { type Express } from 'express';
import { basicAuth } from './auth.js';
import { cvatWebhookRouter } from './cvat/webhook.js';
import { errorResponse, notFound } from './error-response.js';
import { fitRouter } from './fit/fit-routes.js';
import { healthRouter } from './health.js';
import { jobRouter } from './jobs/job-routes.js';
import { labelStudioRouter } from './label-studio/routes.js';
import { measureFetcher, measureImageSource, measureRequests } from './measure.js';
import { metricsRouter } from './metrics-router.js';
import { refuseWhileDraining } from './refuse-while-draining.js';
import { assignRequestId } from './request-id.js';
import { securityHeaders } from './security-headers.js';
import type { Services } from './services.js';
import { v1Router } from './v1/routes.js';

/**
 * The whole HTTP side, without a socket. Every answer is JSON (only `/metrics` is Prometheus' text), also the refusals.
 */
export function createApp(opened: Services): Express {
  const { config, log, metrics, drain } = opened;
  const services: Services = {
    ...opened,
    images: measureImageSource(opened.images, metrics),
    fetcher: measureFetcher(opened.fetcher, metrics),
  };
  metrics.watch(services.models.all);

  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(assignRequestId(), securityHeaders(), measureRequests(log, metrics));
  app.use(refuseWhileDraining(drain), basicAuth(config));
  app.use(healthRouter(services), metricsRouter(metrics));
  app.use(labelStudioRouter(services), cvatWebhookRouter(services));
  app.use(v1Router(services), jobRouter(services), fitRouter(services));
  app.use(notFound(), errorResponse(log));
  return app;
}
