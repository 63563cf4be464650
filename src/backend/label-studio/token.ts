/** `legacy`: sent as it is. `personal`: a JWT that only buys short-lived access tokens. `access`: such a token itself. */
export type TokenKind = 'legacy' | 'personal' | 'access';

/** An access token this close to its end is replaced before use. */
const REFRESH_AHEAD_MS = 30_000;
/** Assumed life of an access token that does not tell its end. */
const DEFAULT_LIFE_MS = 60_000;

/** Tells the kinds apart by shape: a JWT has three parts separated by dots and names its type in the second. */
export function tokenKind(key: string): TokenKind {
  const claims = jwtClaims(key);
  if (claims === null) return 'legacy';
  return claims['token_type'] === 'refresh' ? 'personal' : 'access';
}

export interface TokenSource {
  readonly kind: TokenKind;
  /** The `Authorization` header; a personal token is refreshed first where needed. Rejects as `refresh` does. */
  authorization(): Promise<string>;
  /**
   * To be told that the server refused `authorization`. True when a new one may do better: an access token made from a
   * personal one is then forgotten.
   */
  refused(authorization: string): boolean;
}

/**
 * The token of one Label Studio, legacy or personal.
 *
 * `refresh` buys an access token with the personal one; callers who need it at the same time share one purchase.
 * Source: Label Studio protocol note section 8.3.
 */
export function createTokenSource(
  key: string,
  refresh: () => Promise<string>,
  nowMs: () => number,
): TokenSource {
  const kind = tokenKind(key);
  if (kind !== 'personal') {
    const header = kind === 'legacy' ? `Token ${key}` : `Bearer ${key}`;
    return { kind, authorization: () => Promise.resolve(header), refused: () => false };
  }
  let current: { readonly header: string; readonly endMs: number } | null = null;
  let buying: Promise<string> | null = null;
  const buy = async (): Promise<string> => {
    const access = await refresh();
    const header = `Bearer ${access}`;
    current = { header, endMs: endOf(access) ?? nowMs() + DEFAULT_LIFE_MS };
    return header;
  };
  return {
    kind,
    authorization() {
      if (current !== null && nowMs() < current.endMs - REFRESH_AHEAD_MS)
        return Promise.resolve(current.header);
      buying ??= buy().finally(() => {
        buying = null;
      });
      return buying;
    },
    refused(authorization) {
      if (current?.header === authorization) current = null;
      return true;
    },
  };
}

function endOf(jwt: string): number | null {
  const seconds = jwtClaims(jwt)?.['exp'];
  return typeof seconds === 'number' ? seconds * 1000 : null;
}

/** The payload of a JWT, unverified: only its owner's server can judge it. Null for anything else. */
function jwtClaims(key: string): Readonly<Record<string, unknown>> | null {
  const parts = key.split('.');
  if (parts.length !== 3) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
