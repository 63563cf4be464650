import { setTimeout as delay } from 'node:timers/promises';
import { automaticFit, type FitPolicy } from '../fit/fit-policy.js';
import type { JobQueue, JobRequest } from '../jobs/job-queue.js';
import type { Handler } from './handlers.js';
import type { PredictLog } from './predict-call.js';
import { adapterProject } from './project-model.js';
import { readWebhook, type WebhookEvent } from './webhook-events.js';
import { requireSecret } from './webhook-secret.js';

export interface WebhookDependencies {
  readonly jobs: Pick<JobQueue, 'enqueue' | 'clock'>;
  readonly fitPolicy: FitPolicy;
  readonly adaptersDir: string;
  /** What webhooks must carry; null takes them as they come. */
  readonly secret: string | null;
  readonly log: PredictLog;
}

/** Label Studio waits 1 s, inside the annotator's Submit, and gives webhooks up after too many failures (note 5.2). */
const ANSWER_WITHIN_MS = 500;

/**
 * Answers `/webhook`: what an event asks for becomes a job of kind `fit` that survives the server, equal ones join while
 * they wait. The answer never waits for a slow disk, and no failure behind it reaches Label Studio.
 *
 * Start Training comes from Label Studio's client, which has no place for a secret; it is let in as the client's other
 * calls are. Webhooks can carry one: as header `X-Samrefiner-Secret` or in the query, `/webhook?secret=…`. Throws
 * UNAUTHORIZED where it is wrong.
 */
export function webhookHandler(dependencies: WebhookDependencies): Handler {
  const { secret, log } = dependencies;
  return async (req, res) => {
    const event = readWebhook(req.body);
    if (secret !== null && event.wish !== 'now') requireSecret(req, secret);
    const { action, project, isTraining } = event;
    if (event.wish === 'none') log.info({ action, project }, 'webhook without use');
    else
      await Promise.race([
        askForLearning(event, dependencies),
        delay(ANSWER_WITHIN_MS, undefined, { ref: false }),
      ]);
    if (isTraining) res.status(201).json({ result: {}, status: 'ok' });
    else res.json({ status: 'Unknown event' });
  };
}

async function askForLearning(
  { action, project, wish }: WebhookEvent,
  { jobs, fitPolicy, adaptersDir, log }: WebhookDependencies,
): Promise<void> {
  if (project === null) return;
  const name = adapterProject(project);
  const input = { source: 'label-studio', project };
  try {
    const request: JobRequest =
      wish === 'now'
        ? { kind: 'fit', project: name, input, delayMs: 0 }
        : await automaticFit(name, input, { policy: fitPolicy, adaptersDir, nowMs: jobs.clock.nowMs() });
    const { job } = await jobs.enqueue(request);
    log.info({ action, project, job: job.id, delayMs: request.delayMs }, 'learning asked for');
  } catch (err) {
    log.warn({ action, project, err }, 'learning cannot be asked for');
  }
}
