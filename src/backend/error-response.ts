import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { RefinerError } from '../errors.js';
import { discardRequestBody } from './discard-request-body.js';
import { requestIdOf } from './request-id.js';
import type { Log } from './log.js';

/** Retry-After of 503s that do not say better. */
const RETRY_AFTER_SECONDS = 5;

/** What every refused request gets. `detail` repeats the message for callers that look for it there. */
export interface ErrorBody {
  readonly error: {
    readonly code: string;
    readonly message: string;
    /** The id of the request, to be found in the log. */
    readonly id: string;
    readonly where?: string;
    readonly expected?: string;
    readonly received?: string;
  };
  readonly detail: string;
}

/** The last handler of the app: turns whatever was thrown into a JSON answer, and tells the log the reason. */
export function errorResponse(log: Log): ErrorRequestHandler {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express knows error handlers by their four parameters
  return (thrown: unknown, req, res, _next) => {
    const error = asRefinerError(thrown);
    logError(log, error, thrown, requestIdOf(res));
    if (res.headersSent) {
      // Half an answer is out: only breaking the connection tells the caller that it is not whole.
      res.destroy();
      return;
    }
    if (!res.closed) sendError(req, res, error);
  };
}

/** Answers with an error of the catalogue. A body that was not read is thrown away. */
export function sendError(req: Request, res: Response, error: RefinerError): void {
  if (error.status === 503)
    res.set('Retry-After', String(error.facts.retryAfterSeconds ?? RETRY_AFTER_SECONDS));
  discardRequestBody(req, res);
  res.status(error.status).json(errorBody(error, requestIdOf(res)));
}

/** The public side of an error. The facts of errors that are the server's own fault stay in the log. */
export function errorBody(error: RefinerError, id: string): ErrorBody {
  const { where, expected, received } = error.status === 500 ? {} : error.facts;
  const message = error.publicMessage;
  const facts = {
    ...(where === undefined ? {} : { where }),
    ...(expected === undefined ? {} : { expected }),
    ...(received === undefined ? {} : { received }),
  };
  return { error: { code: error.code, message, id, ...facts }, detail: message };
}

/** For addresses that nothing answers. */
export function notFound(): RequestHandler {
  return () => {
    throw new RefinerError('NOT_FOUND');
  };
}

/** For the other methods of an address: `router.route(path).get(…).all(methodNotAllowed('GET, HEAD'))`. */
export function methodNotAllowed(allowed: string): RequestHandler {
  return (req, res) => {
    res.set('Allow', allowed);
    throw new RefinerError('METHOD_NOT_ALLOWED', { expected: allowed, received: req.method });
  };
}

function asRefinerError(thrown: unknown): RefinerError {
  if (thrown instanceof RefinerError) return thrown;
  // Express itself refuses addresses that cannot be decoded, with a status of its own.
  if (thrown instanceof URIError) return new RefinerError('NOT_FOUND', {}, { cause: thrown });
  return new RefinerError('INTERNAL', {}, { cause: thrown });
}

function logError(log: Log, error: RefinerError, thrown: unknown, requestId: string): void {
  if (error.status === 500) log.error({ requestId, err: thrown }, 'the request failed');
  else log.info({ requestId, code: error.code, facts: error.facts }, 'the request was refused');
}
