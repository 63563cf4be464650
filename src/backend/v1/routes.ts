import { Router } from 'express';
import { admit } from '../admission.js';
import { methodNotAllowed } from '../error-response.js';
import { jsonBody } from '../json-body.js';
import type { Services } from '../services.js';
import { openApiDocument } from './openapi.js';
import { refineJson, refineMultipart } from './refine-endpoint.js';

const MEBIBYTE = 1024 * 1024;

/** Our own endpoints: `POST /v1/refine` and its OpenAPI document. */
export function v1Router(services: Services): Router {
  const router = Router();
  const document = openApiDocument(services.version, services.jobs.runners);
  const admitted = admit(services.admission, 'refine');
  router
    .route('/v1/refine')
    .post(admitted, (req, _res, next) => {
      if (req.is('multipart/form-data')) next('route');
      else next();
    })
    .post(jsonBody(services.json, services.config.maxBodyMb * MEBIBYTE), refineJson(services));
  router.route('/v1/refine').post(refineMultipart(services)).all(methodNotAllowed('POST'));
  router
    .route('/v1/openapi.json')
    .get((_req, res) => {
      res.json(document);
    })
    .all(methodNotAllowed('GET, HEAD'));
  return router;
}
