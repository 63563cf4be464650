import { type Request, type RequestHandler, Router } from 'express';
import { RefinerError } from '../../errors.js';
import { admit } from '../admission.js';
import { methodNotAllowed } from '../error-response.js';
import { automaticFit } from '../fit/fit-policy.js';
import { fitPolicyOf } from '../jobs/open-jobs.js';
import { requireJsonType } from '../json-body.js';
import { readRequestBody } from '../read-request-body.js';
import type { Services } from '../services.js';
import { compileSchema } from '../validate.js';
import { cvatAdapterProject } from './adapter-project.js';
import { createRecentKeys } from './recent-keys.js';
import { meaningOf, WEBHOOK_SCHEMA, type WebhookDelivery } from './webhook-event.js';
import { isSignedWith } from './webhook-signature.js';

/** A delivery describes one job or task in some kilobytes. */
const MAX_BYTES = 1024 * 1024;
/** Deliveries remembered so that a second one of the same change starts nothing. */
const MAX_REMEMBERED = 10_000;
/** The setting's value with which deliveries need no signature. */
const UNSIGNED = 'unsigned';

/**
 * `POST /cvat/webhook`: a completed job asks for learning from its project (a job of kind `fit`), everything else is
 * answered and forgotten. CVAT waits 10 s and never tries again (protocol note, section 7).
 */
export function cvatWebhookRouter(services: Services): Router {
  const router = Router();
  router
    .route('/cvat/webhook')
    .post(admit(services.admission, 'notice'), webhookHandler(services))
    .all(methodNotAllowed('POST'));
  return router;
}

function webhookHandler({ config, jobs, json, log }: Services): RequestHandler {
  const check = compileSchema<WebhookDelivery>(WEBHOOK_SCHEMA);
  const remembered = createRecentKeys(MAX_REMEMBERED);
  return async (req, res) => {
    const delivery = check(await json.parse(await signedBody(req, config.cvatWebhookSecret)));
    const meaning = meaningOf(delivery);
    if (meaning.kind !== 'completed' || !remembered.add(meaning.key)) {
      log.info({ event: delivery.event }, 'webhook without use');
      res.json({ status: 'ignored' });
      return;
    }
    const { project, key } = meaning;
    const input = { source: 'cvat', project };
    const { job } = await automaticFit(cvatAdapterProject(project), input, {
      policy: fitPolicyOf(config),
      adaptersDir: config.adaptersDir,
      nowMs: jobs.clock.nowMs(),
    })
      .then((request) => jobs.enqueue(request))
      .catch((error: unknown) => {
        remembered.remove(key);
        throw error;
      });
    log.info({ event: delivery.event, project, job: job.id }, 'learning asked for');
    res.status(202).json({ status: 'accepted', job: job.id });
  };
}

/** Throws WEBHOOK_OFF without a secret, UNAUTHORIZED for a signature that is missing or wrong. */
async function signedBody(req: Request, secret: string | null): Promise<Uint8Array<ArrayBuffer>> {
  if (secret === null) throw new RefinerError('WEBHOOK_OFF', { expected: 'SAMREFINER_CVAT_WEBHOOK_SECRET' });
  requireJsonType(req);
  const body = await readRequestBody(req, MAX_BYTES);
  if (secret === UNSIGNED || isSignedWith(secret, body, req.get('x-signature-256'))) return body;
  throw new RefinerError('UNAUTHORIZED', { expected: 'X-Signature-256 made with the secret of the webhook' });
}
