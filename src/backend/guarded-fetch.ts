import { RefinerError } from '../errors.js';
import { abortable } from './abortable.js';
import { isDataUri } from './data-uri.js';
import type { GuardedHttp, GuardedResponse, Headers } from './guarded-http.js';

export interface GuardedFetchOptions {
  /** Sent to the first origin only and no more once a redirect has left it. */
  readonly headers?: Headers | undefined;
  /** Asked at every hop for what may be sent to that origin. */
  readonly headersForOrigin?: ((origin: string) => Promise<Headers> | Headers) | undefined;
  readonly signal: AbortSignal;
}

export type GuardedFetchResult =
  | { readonly kind: 'response'; readonly response: GuardedResponse }
  | { readonly kind: 'data'; readonly uri: string };

const MAX_REDIRECTS = 5;
const REDIRECT_STATUS = new Set([301, 302, 303, 307, 308]);
/** Bodies of redirects up to this size are read so that the connection can be used again. */
const REDIRECT_BODY_BYTES = 16 * 1024;

/**
 * GETs an address and follows up to five redirects, each through the guarded agent; one may end in a `data:` address,
 * as stores do that hold small files inline. Credentials written into the address count as `headers`.
 * Throws IMAGE_URL_INVALID for anything but http(s), IMAGE_FETCH_FAILED for too many redirects or one without a target.
 */
export async function guardedFetch(
  http: GuardedHttp,
  address: string,
  options: GuardedFetchOptions,
): Promise<GuardedFetchResult> {
  const first = parseHttpUrl(address);
  let url = first;
  let own: Headers = { ...options.headers, ...credentialsIn(first) };
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    if (url.origin !== first.origin) own = {};
    const allowed = await abortable(options.headersForOrigin?.(url.origin) ?? {}, options.signal);
    const headers = { accept: 'image/*,*/*;q=0.5', ...allowed, ...own };
    const response = await http.request(url, { method: 'GET', headers, signal: options.signal });
    if (!REDIRECT_STATUS.has(response.status)) return { kind: 'response', response };
    await response.body.dump({ limit: REDIRECT_BODY_BYTES, signal: options.signal });
    const target = response.headers.location;
    if (target === undefined) throw redirectFailure(url, `status ${response.status} without a location`);
    if (isDataUri(target)) return { kind: 'data', uri: target };
    url = parseHttpUrl(target, url);
  }
  throw redirectFailure(url, 'another redirect');
}

/** Throws IMAGE_URL_INVALID when the text is no http(s) address. */
export function parseHttpUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new RefinerError('IMAGE_URL_INVALID', {
    ...(base === undefined ? {} : { where: `a redirect of ${base.origin}` }),
    expected: 'an http, https or data address',
    received:
      url === null ? 'a text that is no address' : `an address of the scheme "${url.protocol.slice(0, 40)}"`,
  });
}

/** HTTP Basic as a header. */
export function basicAuthorization(login: string, password: string): Headers {
  return { authorization: `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}` };
}

function credentialsIn(url: URL): Headers {
  if (url.username === '' && url.password === '') return {};
  try {
    return basicAuthorization(decodeURIComponent(url.username), decodeURIComponent(url.password));
  } catch (cause) {
    throw new RefinerError(
      'IMAGE_URL_INVALID',
      { where: url.origin, received: 'damaged credentials' },
      { cause },
    );
  }
}

function redirectFailure(url: URL, received: string): RefinerError {
  return new RefinerError('IMAGE_FETCH_FAILED', {
    where: url.origin,
    expected: `at most ${MAX_REDIRECTS} redirects, each with a location`,
    received,
  });
}
