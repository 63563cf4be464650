import type { LookupFunction } from 'node:net';
import { RefinerError, type ErrorCode } from '../errors.js';
import { decodeDataUri, isDataUri } from './data-uri.js';
import { withFetchDeadline } from './fetch-deadline.js';
import { guardedFetch, parseHttpUrl } from './guarded-fetch.js';
import { createGuardedHttp, type GuardedHttp, type GuardedResponse, type Headers } from './guarded-http.js';
import { discardBody, readBody } from './read-body.js';

export interface ImageFetcherSettings {
  readonly maxBytes: number;
  /** For one image as a whole: looking up, connecting, redirects, body. */
  readonly timeoutMs: number;
  /** Origins that may be contacted although they lie in a private network. */
  readonly allowedOrigins: readonly string[];
  readonly verifyTls: boolean;
  /** Name resolution, for tests. */
  readonly lookup?: LookupFunction;
}

export interface ImageFetchOptions {
  /** Sent to the address's own origin only. */
  readonly headers?: Headers | undefined;
  /** Asked at every hop for what may be sent to that origin. */
  readonly headersForOrigin?: ((origin: string) => Promise<Headers> | Headers) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ImageFetcher {
  /**
   * The bytes at an http, https or data address. Throws IMAGE_URL_INVALID, IMAGE_ADDRESS_REFUSED, IMAGE_NOT_FOUND,
   * IMAGE_UNAUTHORIZED, IMAGE_FETCH_FAILED, IMAGE_FETCH_TIMEOUT, IMAGE_TOO_LARGE, IMAGE_EMPTY, or the signal's reason.
   */
  fetch(address: string, options?: ImageFetchOptions): Promise<Uint8Array>;
  /** The same guarded connections for other calls to image hosts, such as asking for a token. */
  readonly http: GuardedHttp;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  close(): Promise<void>;
}

/** A redirect to a data address must fit into a response head; larger ones than this are refused. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

/** Opens an image fetcher; whoever opens it closes it. Only public addresses and the allowed origins are contacted. */
export function createImageFetcher(settings: ImageFetcherSettings): ImageFetcher {
  const { maxBytes, timeoutMs } = settings;
  const http = createGuardedHttp({
    ...settings,
    connectTimeoutMs: timeoutMs,
    maxHeaderBytes: Math.min(MAX_HEADER_BYTES, Math.ceil((maxBytes * 4) / 3) + 32 * 1024),
  });
  return {
    http,
    maxBytes,
    timeoutMs,
    async fetch(address, { headers, headersForOrigin, signal: outer } = {}) {
      const trimmed = address.trim();
      outer?.throwIfAborted();
      if (isDataUri(trimmed)) return decodeDataUri(trimmed, maxBytes);
      const where = parseHttpUrl(trimmed).origin;
      return withFetchDeadline({ timeoutMs, where, outer }, async (signal) => {
        const result = await guardedFetch(http, trimmed, { headers, headersForOrigin, signal });
        if (result.kind === 'data') return decodeDataUri(result.uri, maxBytes);
        requireSuccess(result.response);
        return readBody(result.response, maxBytes);
      });
    },
    close: () => http.close(),
  };
}

function requireSuccess(response: GuardedResponse): void {
  const { status, url } = response;
  if (status >= 200 && status < 300) return;
  discardBody(response);
  throw new RefinerError(codeOfStatus(status), { where: url.origin, received: `status ${status}` });
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 404 || status === 410) return 'IMAGE_NOT_FOUND';
  return status === 401 || status === 403 ? 'IMAGE_UNAUTHORIZED' : 'IMAGE_FETCH_FAILED';
}
