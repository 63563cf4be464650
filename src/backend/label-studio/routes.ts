import { type RequestHandler, Router } from 'express';
import { join } from 'node:path';
import { admit, type AdmissionLane } from '../admission.js';
import { configuredOptions } from '../configured-options.js';
import { methodNotAllowed } from '../error-response.js';
import { jsonBody } from '../json-body.js';
import { sendJson } from '../json-response.js';
import type { Services } from '../services.js';
import { configuredPlan } from './configured-plan.js';
import { emptyHandler, predictHandler, setupHandler, versionsHandler, webhookHandler } from './handlers.js';
import type { HandlerDependencies } from './handlers.js';
import { openProjectSettings } from './project-settings.js';
import { createShapeReader } from './read-shape.js';

/** File beside the projects' adapters; holds tokens, so only its owner may read it. */
const PROJECTS_FILE = 'label-studio-projects.json';

const MEBIBYTE = 1024 * 1024;

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
  post('/webhook', 'notice', webhookHandler(dependencies));
  for (const path of ['/train', '/validate', '/delete', '/duplicate_model', '/job_status']) {
    post(path, 'notice', emptyHandler());
  }
  // No body is read: older servers post an empty one.
  const versions = versionsHandler(dependencies);
  router.route('/versions').get(versions).post(versions).all(methodNotAllowed('GET, HEAD, POST'));
  return router;
}

function handlerDependencies(services: Services): HandlerDependencies {
  const { config, log, models, adapters, images } = services;
  return {
    models,
    adapters,
    images,
    projects: openProjectSettings(join(config.adaptersDir, PROJECTS_FILE)),
    readShape: createShapeReader(),
    log,
    deadlineMs: config.predictDeadlineMs,
    // One in each worker and two whose images are being fetched.
    tasksAtOnce: config.workers + 2,
    optionsFor: (model) => configuredOptions(config, model),
    ...configuredPlan(config),
  };
}
