import type { RequestHandler } from 'express';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Config } from '../config.js';
import { RefinerError } from '../errors.js';
import { PAGE_SCRIPT_PATH } from './cvat/page-script.js';

/**
 * What is answered without credentials: probes, which learn only yes or no, Label Studio's webhooks, which never
 * carry the credentials of the connection (protocol note, sections 1 and 5.2), CVAT's, which are signed, and the script
 * for CVAT's page, which is nothing secret.
 */
const OPEN_PATHS = new Set(['/livez', '/readyz', '/webhook', '/cvat/webhook', PAGE_SCRIPT_PATH]);

/**
 * HTTP Basic authentication when `basicAuthUser` and `basicAuthPass` are set. Digests are compared in constant time, so
 * that neither content nor length of the password shows in the time. Throws UNAUTHORIZED with `WWW-Authenticate` set.
 */
export function basicAuth(config: Pick<Config, 'basicAuthUser' | 'basicAuthPass'>): RequestHandler {
  const { basicAuthUser: user, basicAuthPass: password } = config;
  if (user === null || password === null) return (_req, _res, next) => next();
  const expected = digest(`${user}:${password}`);
  return (req, res, next) => {
    if (!OPEN_PATHS.has(withoutTrailingSlash(req.path)) && !matches(req.headers.authorization, expected)) {
      res.set('WWW-Authenticate', 'Basic realm="samrefiner", charset="UTF-8"');
      throw new RefinerError('UNAUTHORIZED');
    }
    next();
  };
}

function matches(header: string | undefined, expected: Buffer): boolean {
  const encoded = /^basic +([a-z0-9+/=_-]+) *$/i.exec(header ?? '')?.[1];
  return encoded !== undefined && timingSafeEqual(digest(Buffer.from(encoded, 'base64')), expected);
}

function digest(credentials: string | Buffer): Buffer {
  return createHash('sha256').update(credentials).digest();
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
