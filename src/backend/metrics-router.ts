import { Router } from 'express';
import { methodNotAllowed } from './error-response.js';
import type { Metrics } from './metrics.js';

/** `GET /metrics` in Prometheus' text format. */
export function metricsRouter({ registry }: Metrics): Router {
  const router = Router();
  router
    .route('/metrics')
    .get(async (_req, res) => {
      const text = await registry.metrics();
      res.set('Content-Type', registry.contentType).send(text);
    })
    .all(methodNotAllowed('GET, HEAD'));
  return router;
}
