import { type RequestHandler, Router } from 'express';
import { join } from 'node:path';
import { admit, type AdmissionLane } from '../admission.js';
import { configuredOptions } from '../configured-options.js';
import { methodNotAllowed } from '../error-response.js';
import { fitPolicyOf } from '../jobs/open-jobs.js';
import { jsonBody } from '../json-body.js';
import { sendJson } from '../json-response.js';
import type { Services } from '../services.js';
import { emptyHandler, predictHandler, setupHandler, versionsHandler } from './handlers.js';
import type { HandlerDependencies } from './handlers.js';
import { logOptionProblems } from './option-problems.js';
import { openProjectSettings, PROJECTS_FILE } from './project-settings.js';
import { createPromptReader } from './prompt.js';
import { createShapeReader } from './read-shape.js';
import { rememberImages } from './recent-images.js';
import { serverPolicy } from './refine-policy.js';
import { webhookHandler } from './webhook.js';

const MEBIBYTE = 1024 * 1024;

/** Files of images, which are small beside their embeddings. */
const RECENT_IMAGE_BYTES = 128 * MEBIBYTE;
const KEEP_IMAGES_MS = 5 * 60_000;

/** The endpoints that Label Studio calls, `/` and `/health` apart. */
export function labelStudioRouter(services: Services): Router {
  const dependencies = handlerDependencies(services);
  const router = Router();
  const post = (path: string, lane: AdmissionLane, handler: RequestHandler): void => {
    const body = jsonBody(services.json, services.config.maxBodyMb * MEBIBYTE);
    router.route(path).post(admit(services.admission, lane), body, handler).all(methodNotAllowed('POST'));
  };
  post('/predict', 'predict', predictHandler(dependencies, sendJson));
  post('/setup', 'notice', setupHandler(dependencies));
  post(
    '/webhook',
    'notice',
    webhookHandler({
      jobs: services.jobs,
      fitPolicy: fitPolicyOf(services.config),
      adaptersDir: services.config.adaptersDir,
      secret: services.config.webhookSecret,
      log: services.log,
    }),
  );
  for (const path of ['/train', '/validate', '/delete', '/duplicate_model', '/job_status']) {
    post(path, 'notice', emptyHandler());
  }
  // No body is read: older servers post an empty one.
  const versions = versionsHandler(dependencies);
  router.route('/versions').get(versions).post(versions).all(methodNotAllowed('GET, HEAD, POST'));
  return router;
}

function handlerDependencies(services: Services): HandlerDependencies {
  const { config, log, models, adapters, images, background } = services;
  return {
    models,
    adapters,
    images,
    recentImages: rememberImages(images, { maxBytes: RECENT_IMAGE_BYTES, keepMs: KEEP_IMAGES_MS }),
    projects: openProjectSettings(join(config.adaptersDir, PROJECTS_FILE)),
    readShape: createShapeReader(),
    readPrompt: createPromptReader(),
    background,
    log,
    deadlineMs: config.predictDeadlineMs,
    // One in each worker and two whose images are being fetched.
    tasksAtOnce: config.workers + 2,
    optionsFor: (model, choice) => configuredOptions(config, model, choice),
    policy: serverPolicy(config),
    onOptionProblems: logOptionProblems(log),
  };
}
