import type { RequestHandler, Response } from 'express';
import { randomUUID } from 'node:crypto';

const HEADER = 'X-Request-Id';

/** Gives every request an id of ours, told to the caller in `X-Request-Id` and written with every log line of it. */
export function assignRequestId(): RequestHandler {
  return (_req, res, next) => {
    res.set(HEADER, randomUUID());
    next();
  };
}

export function requestIdOf(res: Response): string {
  return res.get(HEADER) ?? '';
}
