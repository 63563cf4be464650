import { Router } from 'express';
import { admit } from '../admission.js';
import { methodNotAllowed } from '../error-response.js';
import { jsonBody } from '../json-body.js';
import { sendJson } from '../json-response.js';
import { jobView } from '../jobs/job-view.js';
import type { Services } from '../services.js';
import { adapterRouter } from './adapter-routes.js';
import { fitRequestOf } from './fit-body.js';

const MAX_BODY_BYTES = 64 * 1024;

/** `POST /v1/fit`, which asks for a job of kind `fit`, and the adapters that come of it. */
export function fitRouter(services: Services): Router {
  const { jobs, json, admission } = services;
  const router = Router();
  router
    .route('/v1/fit')
    .post(admit(admission, 'jobs'), jsonBody(json, MAX_BODY_BYTES), async (req, res) => {
      const { project, input } = fitRequestOf(req.body);
      const { job, joined } = await jobs.enqueue({ kind: 'fit', project, input, delayMs: 0 });
      res.location(`/v1/jobs/${job.id}`);
      await sendJson(res, jobView(job, jobs.clock.nowMs()), joined ? 200 : 202);
    })
    .all(methodNotAllowed('POST'));
  router.use(adapterRouter(services));
  return router;
}
