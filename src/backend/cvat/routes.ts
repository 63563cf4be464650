import { type Request, type Response, Router } from 'express';
import { RefinerError } from '../../errors.js';
import { admit } from '../admission.js';
import { methodNotAllowed } from '../error-response.js';
import { jsonBody } from '../json-body.js';
import { requestSignal } from '../request-signal.js';
import type { Services } from '../services.js';
import { sendCompressedJson } from './compressed-json.js';
import type { CvatFunction } from './functions.js';
import { HANDED_ON, handOn, headersOf } from './hand-on.js';
import type { ListableFunction } from './listable-function.js';
import { servedFunctions } from './served-functions.js';

const MEBIBYTE = 1024 * 1024;
/** The proxy before CVAT gives up after 60 s (protocol note, section 2.4). */
const LONGEST_DEADLINE_MS = 55_000;

/**
 * The four requests that CVAT makes to Nuclio's dashboard (protocol note, section 2.2), so that no Nuclio is needed.
 * Where there is one all the same, its functions are listed behind ours and calls of them handed on. `httpPort` is the
 * port on which this is served.
 */
export function cvatRouter(services: Services, httpPort: number): Router {
  const { config, log } = services;
  const ours = servedFunctions(services, httpPort);
  const deadlineMs = Math.min(config.predictDeadlineMs, LONGEST_DEADLINE_MS);
  const maxBodyBytes = config.maxBodyMb * MEBIBYTE;
  const readJson = jsonBody(services.json, maxBodyBytes);

  const upstreamOf = (req: Request): Services['nuclio'] =>
    HANDED_ON in req.headers ? null : services.nuclio;

  async function upstreamFunctions(req: Request, signal: AbortSignal): Promise<readonly ListableFunction[]> {
    const listed = await upstreamOf(req)
      ?.list(headersOf(req), signal)
      .catch((err: unknown) => {
        signal.throwIfAborted();
        log.warn({ err }, 'the functions of the Nuclio behind this server are missing in the list');
      });
    return listed ?? [];
  }

  /** Hands on what is not ours. Throws NOT_FOUND when there is no other Nuclio, or for what is no name. */
  async function notOurs(name: string, req: Request, res: Response): Promise<void> {
    const upstream = upstreamOf(req);
    if (upstream !== null && /^(?!\.+$)[\w.-]+$/.test(name)) {
      await handOn(req, res, upstream, maxBodyBytes);
      return;
    }
    const expected = `a function of ${ours.names.join(', ')}`;
    throw new RefinerError('NOT_FOUND', { expected, received: name.slice(0, 60) });
  }

  async function answer(one: CvatFunction, req: Request, res: Response): Promise<void> {
    const signal = requestSignal(req, res, deadlineMs);
    const call = { body: req.body as unknown, userAgent: req.get('user-agent') ?? '', signal, deadlineMs };
    await sendCompressedJson(req, res, await one.answer(call));
  }

  const admitCall = admit(services.admission, 'cvat');
  const router = Router();
  router
    .route('/api/functions')
    .get(async (req, res) => {
      const signal = requestSignal(req, res);
      const [own, others] = await Promise.all([ours.list(signal), upstreamFunctions(req, signal)]);
      // An object: CVAT fails at an array, and reads the values alone. Of two with one name ours counts.
      res.json(Object.fromEntries([...others, ...own].map((one) => [one.metadata.name, one])));
    })
    .all(methodNotAllowed('GET, HEAD'));
  router
    .route('/api/functions/:name')
    .get(async (req: Request<{ name: string }>, res) => {
      const one = ours.get(req.params.name);
      if (one === null) await notOurs(req.params.name, req, res);
      else res.json(await ours.describe(one, requestSignal(req, res)));
    })
    .all(methodNotAllowed('GET, HEAD'));
  router
    .route('/api/function_invocations')
    .post(
      admitCall,
      async (req, res, next) => {
        const name = namedIn(req);
        if (ours.get(name) === null) await notOurs(name, req, res);
        else next();
      },
      readJson,
      async (req, res) => {
        const one = ours.get(namedIn(req));
        if (one !== null) await answer(one, req, res);
      },
    )
    .all(methodNotAllowed('POST'));
  // The `direct` method goes to the function's port and names nothing.
  router
    .route('/')
    .post(admitCall, readJson, (req, res) => answer(ours.forBody(req.body), req, res))
    .all(methodNotAllowed('POST'));
  return router;
}

function namedIn(req: Request): string {
  return req.get('x-nuclio-function-name') ?? 'no name';
}
