import { type Request, type RequestHandler, Router } from 'express';
import { RefinerError } from '../../errors.js';
import { admit } from '../admission.js';
import { methodNotAllowed } from '../error-response.js';
import { jsonBody } from '../json-body.js';
import type { Services } from '../services.js';
import { type NuclioFunction, nuclioFunctions } from './functions.js';
import { refineFunction } from './refine-function.js';

const MEBIBYTE = 1024 * 1024;

/**
 * The four requests that CVAT makes to Nuclio's dashboard (protocol note, section 2.2), so that no Nuclio is needed.
 * `httpPort` is the port on which they are answered.
 */
export function cvatRouter(services: Services, httpPort: number): Router {
  const functions = (): readonly NuclioFunction[] =>
    nuclioFunctions(services.models.default.inference.isReady(), httpPort);
  const named = (name: string): NuclioFunction => {
    const known = functions();
    const found = known.find(({ metadata }) => metadata.name === name);
    if (found) return found;
    const expected = `a function of ${known.map(({ metadata }) => metadata.name).join(', ')}`;
    throw new RefinerError('NOT_FOUND', { expected, received: name.slice(0, 60) });
  };
  const invoke: readonly RequestHandler[] = [
    admit(services.admission, 'cvat'),
    jsonBody(services.json, services.config.maxBodyMb * MEBIBYTE),
    refineFunction(services),
  ];

  const router = Router();
  router
    .route('/api/functions')
    .get((_req, res) => {
      // An object: CVAT fails at an array, and reads the values alone.
      res.json(Object.fromEntries(functions().map((one) => [one.metadata.name, one])));
    })
    .all(methodNotAllowed('GET, HEAD'));
  router
    .route('/api/functions/:name')
    .get((req: Request<{ name: string }>, res) => {
      res.json(named(req.params.name));
    })
    .all(methodNotAllowed('GET, HEAD'));
  router
    .route('/api/function_invocations')
    .post(
      (req, _res, next) => {
        named(req.get('x-nuclio-function-name') ?? 'no name');
        next();
      },
      ...invoke,
    )
    .all(methodNotAllowed('POST'));
  // The `direct` method goes to the function's port and names nothing.
  router
    .route('/')
    .post(...invoke)
    .all(methodNotAllowed('POST'));
  return router;
}
