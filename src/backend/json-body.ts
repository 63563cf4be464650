import type { RequestHandler } from 'express';
import { RefinerError } from '../errors.js';
import { readRequestBody } from './read-request-body.js';
import { requestSignal } from './request-signal.js';
import type { JsonParser } from './json-parser.js';

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

/**
 * Puts the parsed JSON of the body into `req.body` (type `unknown`; in bodies of 512 KiB and more, arrays of bytes under
 * the key `rle` are `Uint8Array`s). Answers BODY_TYPE, BODY_TOO_LARGE, BODY_NOT_JSON, BODY_TOO_DEEP.
 *
 * The media type must be JSON: it is what keeps a web page from sending such requests across origins unasked.
 */
export function jsonBody(parser: JsonParser, maxBytes: number): RequestHandler {
  return async (req, res, next) => {
    const type = req.headers['content-type'] ?? 'none';
    if (!JSON_TYPE.test(type)) {
      throw new RefinerError('BODY_TYPE', { expected: 'application/json', received: type.slice(0, 60) });
    }
    const signal = requestSignal(req, res);
    const bytes = await readRequestBody(req, maxBytes);
    req.body = await parser.parse(bytes, signal);
    next();
  };
}
