import type { RequestHandler } from 'express';

export const LEGACY_TOKEN = '0123456789abcdef0123456789abcdef01234567';
export const PERSONAL_TOKEN = jwt({ token_type: 'refresh', exp: 4_000_000_000 });

export function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** The tokens that the double takes. */
export interface Tokens {
  /** False as in new organisations: the legacy token is then answered with 401. */
  legacyEnabled: boolean;
  /** How often an access token was bought. */
  bought: number;
  /** Access tokens that are valid now. */
  readonly access: Set<string>;
  /** Seconds that a new access token lives, as it says itself. */
  accessLifeSeconds: number;
}

export function createTokens(): Tokens {
  return { legacyEnabled: true, bought: 0, access: new Set(), accessLifeSeconds: 300 };
}

/** `POST /api/token/refresh/` (note 8.3). */
export function refreshAccess(tokens: Tokens): RequestHandler {
  return (req, res) => {
    if ((req.body as { refresh?: string }).refresh !== PERSONAL_TOKEN) {
      res.status(401).json({ detail: 'Token is invalid', code: 'token_not_valid' });
      return;
    }
    tokens.bought += 1;
    const exp = Math.floor(Date.now() / 1000) + tokens.accessLifeSeconds;
    const access = jwt({ token_type: 'access', exp, jti: tokens.bought });
    tokens.access.add(access);
    res.json({ access });
  };
}

/** Lets requests with a valid token through. */
export function requireToken(tokens: Tokens): RequestHandler {
  return (req, res, next) => {
    const [scheme, token = ''] = (req.headers.authorization ?? '').split(' ');
    if (scheme === 'Bearer' && tokens.access.has(token)) {
      next();
      return;
    }
    if (scheme === 'Token' && token === LEGACY_TOKEN) {
      if (tokens.legacyEnabled) {
        next();
        return;
      }
      const detail =
        'Authentication token no longer valid: legacy token authentication has been disabled for this organization';
      res.status(401).json({ detail });
      return;
    }
    res.status(401).json({ detail: 'Authentication credentials were not provided.' });
  };
}
