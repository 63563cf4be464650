import { type RequestHandler, Router } from 'express';
import { methodNotAllowed } from './error-response.js';
import type { Services } from './services.js';

const READ = 'GET, HEAD';

/**
 * `GET /` and `/health`: Label Studio's check, 200 as soon as the server listens (it waits one second and shows
 * anything else as an error). `/livez`: the process answers. `/readyz`: 200 while a worker has its model loaded and new
 * requests are taken, else 503. The model is always the default one.
 */
export function healthRouter({ models, drain, version }: Services): Router {
  const { inference } = models.default;
  const router = Router();
  const health: RequestHandler = (_req, res) => {
    res.json({
      status: 'UP',
      model_class: 'SAMRefiner',
      model_version: inference.modelVersion,
      ready: inference.isReady(),
      version,
    });
  };
  const live: RequestHandler = (_req, res) => {
    res.json({ status: 'live' });
  };
  const ready: RequestHandler = (_req, res) => {
    const isReady = inference.isReady() && !drain.isDraining();
    if (!isReady) res.set('Retry-After', '2');
    res.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'not ready' });
  };
  for (const path of ['/', '/health']) router.route(path).get(health).all(methodNotAllowed(READ));
  router.route('/livez').get(live).all(methodNotAllowed(READ));
  router.route('/readyz').get(ready).all(methodNotAllowed(READ));
  return router;
}
