import { type Request, Router } from 'express';
import { RefinerError } from '../../errors.js';
import { admit } from '../admission.js';
import { methodNotAllowed } from '../error-response.js';
import { jsonBody } from '../json-body.js';
import { sendJson } from '../json-response.js';
import type { Services } from '../services.js';
import { compileSchema } from '../validate.js';
import { isFinished, JOB_STATES } from './job.js';
import { jobEvents } from './job-events.js';
import { JOB_REQUEST_SCHEMA } from './job-schema.js';
import type { JobFilter } from './job-store.js';
import { jobView, jobWithResult } from './job-view.js';

interface JobBody {
  readonly kind: string;
  readonly project?: string;
  readonly input: object;
  readonly delayMs?: number;
}

/** An input names folders and options, never images. */
const MAX_BODY_BYTES = 1024 * 1024;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** `/v1/jobs` and below. Watching has its own room, so that those who watch do not keep others from asking. */
export function jobRouter({ jobs, json, admission }: Services): Router {
  const router = Router();
  const check = compileSchema<JobBody>(JOB_REQUEST_SCHEMA);
  const admitted = admit(admission, 'jobs');
  router
    .route('/v1/jobs')
    .post(admitted, jsonBody(json, MAX_BODY_BYTES), async (req, res) => {
      const { kind, project = 'default', input, delayMs = 0 } = check(req.body);
      const { job, joined } = await jobs.enqueue({ kind, project, input, delayMs });
      res.location(`/v1/jobs/${job.id}`);
      await sendJson(res, jobView(job, jobs.clock.nowMs()), joined ? 200 : 202);
    })
    .get(admitted, async (req, res) => {
      const found = await jobs.list(filterOf(req.query));
      const nowMs = jobs.clock.nowMs();
      await sendJson(res, { jobs: found.map((job) => jobView(job, nowMs)) });
    })
    .all(methodNotAllowed('GET, HEAD, POST'));
  router
    .route('/v1/jobs/:id')
    .get(admitted, async (req, res) => {
      const job = await jobs.get(req.params.id);
      if (job === null) throw new RefinerError('JOB_UNKNOWN');
      await sendJson(res, jobWithResult(job, jobs.clock.nowMs()));
    })
    .delete(admitted, async (req, res) => {
      const job = await jobs.cancel(req.params.id);
      if (job === null) throw new RefinerError('JOB_UNKNOWN');
      await sendJson(res, jobView(job, jobs.clock.nowMs()), isFinished(job) ? 200 : 202);
    })
    .all(methodNotAllowed('GET, HEAD, DELETE'));
  router
    .route('/v1/jobs/:id/events')
    .get(admit(admission, 'events'), jobEvents(jobs))
    .all(methodNotAllowed('GET'));
  return router;
}

function filterOf(query: Request['query']): JobFilter {
  const { project, state, limit = String(DEFAULT_LIMIT) } = query;
  if (project !== undefined && typeof project !== 'string') throw invalid('project', 'one project');
  const known = JOB_STATES.find((name) => name === state);
  if (state !== undefined && known === undefined) throw invalid('state', `one of ${JOB_STATES.join(', ')}`);
  const rows = typeof limit === 'string' && /^\d{1,4}$/.test(limit) ? Number(limit) : 0;
  if (rows < 1 || rows > MAX_LIMIT) throw invalid('limit', `an integer from 1 to ${MAX_LIMIT}`);
  return {
    limit: rows,
    ...(project === undefined ? {} : { project }),
    ...(known === undefined ? {} : { state: known }),
  };
}

function invalid(where: string, expected: string): RefinerError {
  return new RefinerError('QUERY_INVALID', { where, expected });
}
