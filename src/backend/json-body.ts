import type { Request, RequestHandler } from 'express';
import { RefinerError } from '../errors.js';
import { readRequestBody } from './read-request-body.js';
import { requestSignal } from './request-signal.js';
import type { JsonParser } from './json-parser.js';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/**
 * Puts the parsed JSON of the body into `req.body` (type `unknown`; in bodies of 512 KiB and more, arrays of bytes under
 * the key `rle` are `Uint8Array`s). Answers BODY_TYPE, BODY_TOO_LARGE, BODY_NOT_JSON, BODY_TOO_DEEP.
 */
export function jsonBody(parser: JsonParser, maxBytes: number): RequestHandler {
  return async (req, res, next) => {
    requireJsonType(req);
    const signal = requestSignal(req, res);
    const bytes = await readRequestBody(req, maxBytes);
    req.body = await parser.parse(bytes, signal);
    next();
  };
}

/**
 * Throws BODY_TYPE unless the media type is JSON: that is what keeps a web page from sending such requests across
 * origins unasked.
 */
export function requireJsonType(req: Request): void {
  const type = req.headers['content-type'] ?? 'none';
  if (JSON_TYPE.test(type)) return;
  throw new RefinerError('BODY_TYPE', { expected: 'application/json', received: type.slice(0, 60) });
}
