import { RefinerError } from '../../errors.js';
import type { ImageFetcher } from '../fetch-image.js';
import type { Headers } from '../guarded-http.js';
import type { Connection } from './connection.js';
import { refreshAccessToken } from './refresh-token.js';
import { createTokenSource, type TokenSource } from './token.js';

/** Token sources kept at once; every `/setup` may bring another token. */
const MAX_SOURCES = 100;

export interface AuthorizedFetchOptions {
  readonly connection: Connection | null;
  /** For the address's own origin. */
  readonly headers?: Headers;
  readonly signal: AbortSignal;
}

/** GETs an image; see `createAuthorizedFetch`. */
export type AuthorizedFetch = (address: string, options: AuthorizedFetchOptions) => Promise<Uint8Array>;

/**
 * Fetching with Label Studio's token where, and only where, the scheme, host and port are Label Studio's own. When a
 * token made from a personal one is refused, another is bought and the fetch repeated once.
 */
export function createAuthorizedFetch(fetcher: ImageFetcher, nowMs: () => number): AuthorizedFetch {
  const sources = new Map<string, TokenSource>();

  const sourceOf = ({ baseUrl, key }: Connection): TokenSource | null => {
    if (key === null) return null;
    const name = `${baseUrl} ${key.value}`;
    const known = sources.get(name);
    if (known !== undefined) return known;
    const source = createTokenSource(key.value, () => refreshAccessToken(fetcher, baseUrl, key.value), nowMs);
    const [oldest] = sources.keys();
    if (sources.size >= MAX_SOURCES && oldest !== undefined) sources.delete(oldest);
    sources.set(name, source);
    return source;
  };

  return async (address, { connection, headers, signal }) => {
    const source = connection === null ? null : sourceOf(connection);
    const sent: string[] = [];
    const headersForOrigin = async (origin: string): Promise<Headers> => {
      if (source === null || origin !== connection?.origin) return {};
      const authorization = await source.authorization();
      sent.push(authorization);
      return { authorization };
    };
    const fetchOnce = (): Promise<Uint8Array> =>
      fetcher.fetch(address, { headers, headersForOrigin, signal });
    try {
      return await fetchOnce();
    } catch (error) {
      const [used] = sent;
      const refused = error instanceof RefinerError && error.facts.where === connection?.origin;
      if (!refused || error.code !== 'IMAGE_UNAUTHORIZED' || used === undefined) throw error;
      if (source?.refused(used) !== true) throw error;
      return fetchOnce();
    }
  };
}
