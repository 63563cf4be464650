import { RefinerError, type ErrorCode, type ErrorFacts } from '../../../errors.js';
import { createGuardedHttp, type GuardedHttp, type GuardedResponse } from '../../guarded-http.js';
import { discardBody, readBody } from '../../read-body.js';
import type { CvatConnection } from './connection.js';
import { retryAfterMs } from './retry-after.js';

export interface CvatRequestSettings {
  readonly connection: CvatConnection;
  readonly verifyTls: boolean;
  /** For one request from sending to the last byte. */
  readonly timeoutMs: number;
  /** For all waits of one request together, where CVAT says that it is not ready yet. */
  readonly maxWaitMs: number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface CvatRequest {
  readonly method: 'GET' | 'PATCH';
  /** Below `/api`, with its query. */
  readonly path: string;
  readonly body?: string;
  /** Largest answer. */
  readonly maxBytes: number;
  /** Whether the answer is an image, of which IMAGE_TOO_LARGE and IMAGE_EMPTY are told as such. */
  readonly isImage?: boolean;
  readonly signal: AbortSignal;
}

/** Sends requests to one CVAT. */
export interface CvatRequests {
  /**
   * The body of the answer, which is a success. Waits and asks again at 429, and a GET also at 502, 503 and 504. Redirects are
   * not followed: they would carry the credentials away. Throws CVAT_UNAVAILABLE, after which it is unknown whether a
   * PATCH was done; CVAT_UNAUTHORIZED, CVAT_NOT_FOUND, CVAT_REFUSED, CVAT_ANSWER_INVALID, or the signal's reason.
   */
  send(request: CvatRequest): Promise<Uint8Array>;
  close(): Promise<void>;
}

const MAX_HEADER_BYTES = 64 * 1024;
/** Enough of a refusal for its reason. */
const MAX_REFUSAL_BYTES = 16 * 1024;
const SHOWN_CHARACTERS = 300;
const PASSING_STATUS = new Set([502, 503, 504]);

/** Only the origin of the connection may lie in a private network, and nothing else is ever contacted. */
export function createCvatRequests(settings: CvatRequestSettings): CvatRequests {
  const { connection, verifyTls, timeoutMs } = settings;
  const http = createGuardedHttp({
    allowedOrigins: [new URL(connection.baseUrl).origin],
    verifyTls,
    connectTimeoutMs: Math.min(timeoutMs, 20_000),
    maxHeaderBytes: MAX_HEADER_BYTES,
  });
  return {
    send: (request) => sendPatiently(http, settings, request),
    close: () => http.close(),
  };
}

async function sendPatiently(
  http: GuardedHttp,
  settings: CvatRequestSettings,
  request: CvatRequest,
): Promise<Uint8Array> {
  let waitedMs = 0;
  for (let attempt = 0; ; attempt++) {
    const answer = await sendOnce(http, settings, request);
    if (answer instanceof Uint8Array) return answer;
    const { status, headers } = answer;
    const passing = status === 429 || (request.method === 'GET' && PASSING_STATUS.has(status));
    if (!passing) throw refusal(request, answer);
    const waitMs = retryAfterMs(headers, attempt, Date.now());
    waitedMs += waitMs;
    if (waitedMs > settings.maxWaitMs) {
      const expected = `an answer after ${Math.round(settings.maxWaitMs / 1000)} s of waiting`;
      throw new RefinerError('CVAT_UNAVAILABLE', {
        where: shown(request),
        expected,
        received: `status ${status}`,
      });
    }
    await settings.wait(waitMs, request.signal);
  }
}

interface Refusal {
  readonly status: number;
  readonly headers: GuardedResponse['headers'];
  readonly text: string;
}

async function sendOnce(
  http: GuardedHttp,
  { connection, timeoutMs }: CvatRequestSettings,
  request: CvatRequest,
): Promise<Uint8Array | Refusal> {
  const { method, path, body, maxBytes } = request;
  request.signal.throwIfAborted();
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
  const headers = {
    accept: 'application/vnd.cvat+json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...connection.headers,
  };
  try {
    const url = new URL(`${connection.baseUrl}/api${path}`);
    const response = await http.request(url, {
      method,
      headers,
      signal,
      ...(body === undefined ? {} : { body }),
    });
    if (response.status >= 200 && response.status < 300) return await readBody(response, maxBytes);
    const { status } = response;
    return { status, headers: response.headers, text: await readRefusal(response) };
  } catch (cause) {
    request.signal.throwIfAborted();
    throw broken(request, cause, timeoutMs);
  }
}

async function readRefusal(response: GuardedResponse): Promise<string> {
  try {
    const bytes = await readBody(response, MAX_REFUSAL_BYTES);
    return Buffer.from(bytes).toString('utf8').replace(/\s+/g, ' ').slice(0, SHOWN_CHARACTERS);
  } catch {
    discardBody(response);
    return '';
  }
}

/** Errors of the connection and of the body, in words about CVAT. */
function broken(request: CvatRequest, cause: unknown, timeoutMs: number): RefinerError {
  const where = shown(request);
  if (cause instanceof RefinerError) {
    if (request.isImage === true) return cause;
    const { expected, received } = cause.facts;
    const facts: ErrorFacts = { where, expected: expected ?? 'a body', received: received ?? 'none' };
    return new RefinerError('CVAT_ANSWER_INVALID', facts, { cause });
  }
  const timedOut = cause instanceof DOMException && cause.name === 'TimeoutError';
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const received = timedOut
    ? `none within ${timeoutMs} ms`
    : typeof code === 'string'
      ? code
      : 'a broken connection';
  return new RefinerError('CVAT_UNAVAILABLE', { where, expected: 'an answer', received }, { cause });
}

function refusal(request: CvatRequest, { status, headers, text }: Refusal): RefinerError {
  const target = headers.location;
  if (status >= 300 && status < 400) {
    const origin = target !== undefined && URL.canParse(target) ? new URL(target).origin : 'elsewhere';
    const expected = 'an answer at CVAT_URL itself';
    return new RefinerError('CVAT_REFUSED', {
      where: shown(request),
      expected,
      received: `a redirect to ${origin}`,
    });
  }
  const received = `status ${status}${text === '' ? '' : `: ${text}`}`;
  return new RefinerError(codeOf(status), { where: shown(request), received });
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'CVAT_UNAUTHORIZED';
  if (status === 404) return 'CVAT_NOT_FOUND';
  return status >= 500 ? 'CVAT_UNAVAILABLE' : 'CVAT_REFUSED';
}

function shown({ method, path }: CvatRequest): string {
  return `${method} /api${path}`;
}
