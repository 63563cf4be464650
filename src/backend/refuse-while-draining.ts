import type { RequestHandler } from 'express';
import { RefinerError } from '../errors.js';
import type { Drain } from './drain.js';

/** What orchestrators and Prometheus still ask while the server stops. */
const ALWAYS_ANSWERED = new Set(['/livez', '/readyz', '/metrics']);

/** Counts the requests in progress; while the server stops, new ones are refused and their connections closed. */
export function refuseWhileDraining(drain: Drain): RequestHandler {
  return (req, res, next) => {
    if (drain.isDraining()) {
      res.set('Connection', 'close');
      if (!ALWAYS_ANSWERED.has(req.path)) throw new RefinerError('DRAINING');
    }
    drain.requestStarted();
    res.once('close', () => drain.requestFinished());
    next();
  };
}
