import { RefinerError } from '../../../errors.js';
import { withFetchDeadline } from '../../fetch-deadline.js';
import type { GuardedHttp, GuardedResponse } from '../../guarded-http.js';
import type { JsonParser } from '../../json-parser.js';
import { jsonText } from '../../json-text.js';
import { readBody, discardBody } from '../../read-body.js';
import type { Connection } from '../connection.js';
import { giveTurns } from '../../give-turns.js';
import { refreshAccessToken } from '../refresh-token.js';
import { createTokenSource, type TokenSource } from '../token.js';
import { apiFailure, refusalOf } from './api-failure.js';
import { RETRY_DEFAULTS, type RetrySettings, withRetries } from './retry.js';

export interface ApiMeans {
  /** Must allow the origin where Label Studio lies in a private network; see `createImageFetcher`. */
  readonly http: GuardedHttp;
  readonly json: Pick<JsonParser, 'parse'>;
  readonly connection: Connection;
  /** For one call as a whole: connecting, answer, body. */
  readonly timeoutMs?: number;
  readonly maxAnswerBytes?: number;
  readonly retry?: Partial<RetrySettings>;
  /** Milliseconds since 1970; tokens end by it. */
  readonly nowMs?: () => number;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below the address of Label Studio, with its query. */
  readonly path: string;
  /** JSON, in which a `Uint8Array` stands for an array of numbers. */
  readonly body?: unknown;
  /** Instead of the usual limits, for answers that hold a whole project. */
  readonly timeoutMs?: number;
  readonly maxAnswerBytes?: number;
}

/** Sends a request and answers the JSON that came back; see `createSendRequest`. */
export type SendRequest = (request: ApiRequest, signal: AbortSignal) => Promise<unknown>;

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Failures after which the request may have been carried out or not: sent again only where that does no harm. */
const UNCERTAIN: readonly string[] = ['LABEL_STUDIO_FAILED', 'LABEL_STUDIO_TIMEOUT'];

/**
 * Requests to the API of one Label Studio, each bounded in time and bytes and with its token, which is refreshed where
 * needed. Repeated when Label Studio is busy (429, 503); reading also when it fails or does not answer.
 * Rejects with the LABEL_STUDIO_* codes or the signal's reason. Source: Label Studio protocol note sections 8.3 and 8.4.
 */
export function createSendRequest(means: ApiMeans): SendRequest {
  const { connection, http, nowMs = Date.now, timeoutMs = DEFAULT_TIMEOUT_MS } = means;
  const { baseUrl, key } = connection;
  const source =
    key === null
      ? null
      : createTokenSource(
          key.value,
          () => refreshAccessToken({ http, timeoutMs }, baseUrl, key.value),
          nowMs,
        );
  const retry = { ...RETRY_DEFAULTS, ...means.retry };
  return async (request, signal) => {
    signal.throwIfAborted();
    const body = request.body === undefined ? undefined : await encode(request.body);
    const call = async (): Promise<unknown> => {
      try {
        return await callOnce(request, body, { means, source, signal });
      } catch (error) {
        signal.throwIfAborted();
        throw apiFailure(error, connection);
      }
    };
    const mayTryAgain = ({ code }: RefinerError): boolean =>
      code === 'LABEL_STUDIO_BUSY' || (request.method === 'GET' && UNCERTAIN.includes(code));
    return withRetries(call, mayTryAgain, retry, signal);
  };
}

interface Call {
  readonly means: ApiMeans;
  readonly source: TokenSource | null;
  readonly signal: AbortSignal;
}

/** One call, or two where an access token made from a personal one was refused. */
async function callOnce(request: ApiRequest, body: Uint8Array | undefined, call: Call): Promise<unknown> {
  const { means, source, signal: outer } = call;
  const timeoutMs = request.timeoutMs ?? means.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const where = means.connection.origin;
  return withFetchDeadline({ timeoutMs, where, outer, what: 'an answer' }, async (signal) => {
    const authorization = (await source?.authorization()) ?? null;
    let response = await send(request, body, authorization, means, signal);
    if (response.status === 401 && authorization !== null && source?.refused(authorization) === true) {
      discardBody(response);
      response = await send(request, body, await source.authorization(), means, signal);
    }
    return readAnswer(response, request, means, signal);
  });
}

function send(
  { method, path }: ApiRequest,
  body: Uint8Array | undefined,
  authorization: string | null,
  { http, connection }: ApiMeans,
  signal: AbortSignal,
): Promise<GuardedResponse> {
  return http.request(new URL(`${connection.baseUrl}${path}`), {
    method,
    headers: {
      accept: 'application/json',
      ...(authorization === null ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
    signal,
  });
}

async function readAnswer(
  response: GuardedResponse,
  request: ApiRequest,
  { connection, json, maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES, nowMs = Date.now }: ApiMeans,
  signal: AbortSignal,
): Promise<unknown> {
  const { status, url, headers } = response;
  if (status < 200 || status >= 300) throw await refusalOf(response, connection, nowMs());
  const type = headers['content-type'] ?? '';
  if (/^text\/html/i.test(type)) {
    discardBody(response);
    throw new RefinerError('LABEL_STUDIO_ANSWER', {
      where: `${connection.origin}${url.pathname}`,
      expected: 'JSON, as the API of Label Studio answers; LABEL_STUDIO_URL may name another server',
      received: 'a web page',
    });
  }
  const bytes = await readBody(response, request.maxAnswerBytes ?? maxAnswerBytes);
  return json.parse(new Uint8Array(bytes), signal);
}

/** A large body is written piece by piece, so that others get their turn. */
async function encode(value: unknown): Promise<Uint8Array> {
  const giveTurn = giveTurns();
  const pieces: Buffer[] = [];
  for (const piece of jsonText(value)) {
    pieces.push(Buffer.from(piece));
    await giveTurn();
  }
  return Buffer.concat(pieces);
}
