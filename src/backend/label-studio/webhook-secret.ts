import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { RefinerError } from '../../errors.js';

/** Where a webhook of Label Studio carries the secret, unless it is in its address. */
export const SECRET_HEADER = 'X-Samrefiner-Secret';

/** Throws UNAUTHORIZED where neither the header nor the query has the secret. */
export function requireSecret(req: Request, secret: string): void {
  const { secret: inQuery } = req.query;
  const given = req.get(SECRET_HEADER) ?? (typeof inQuery === 'string' ? inQuery : '');
  if (timingSafeEqual(digest(given), digest(secret))) return;
  throw new RefinerError('UNAUTHORIZED', {
    expected: `SAMREFINER_WEBHOOK_SECRET in the header ${SECRET_HEADER} or as secret in the query`,
  });
}

/** Of equal length whatever the secret, so that comparing says nothing about it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
