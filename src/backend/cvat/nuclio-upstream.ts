import { RefinerError } from '../../errors.js';
import { createGuardedHttp, type GuardedResponse } from '../guarded-http.js';
import { discardBody } from '../read-body.js';
import { isListable, type ListableFunction } from './listable-function.js';

export interface NuclioUpstreamSettings {
  /** Where its dashboard is, without a slash at the end. It alone is contacted, wherever it lies. */
  readonly url: string;
  readonly verifyTls: boolean;
  readonly maxAnswerBytes: number;
}

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST';
  /** Begins with a slash. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** An answer to hand on as it came. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly reason: string;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** A real Nuclio behind this server. */
export interface NuclioUpstream {
  /** Its functions, without those over which CVAT would lose the whole list. Throws UPSTREAM_FAILED. */
  list(headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<readonly ListableFunction[]>;
  /** Asks it and answers what it answers, errors too. Throws UPSTREAM_FAILED when nothing useful comes, or the signal's reason. */
  ask(request: UpstreamRequest): Promise<UpstreamAnswer>;
  close(): Promise<void>;
}

/** CVAT's user waits for the list at page load; a Nuclio that is down must not hold it up. */
const LIST_TIMEOUT_MS = 3000;
const MAX_HEADER_BYTES = 64 * 1024;

/** Whoever opens it closes it. */
export function openNuclioUpstream(settings: NuclioUpstreamSettings): NuclioUpstream {
  const base = new URL(settings.url);
  const http = createGuardedHttp({
    allowedOrigins: [base.origin],
    verifyTls: settings.verifyTls,
    connectTimeoutMs: LIST_TIMEOUT_MS,
    maxHeaderBytes: MAX_HEADER_BYTES,
  });
  const ask: NuclioUpstream['ask'] = async ({ path, timeoutMs, signal: outer, ...request }) => {
    const signal = AbortSignal.any([outer, AbortSignal.timeout(timeoutMs)]);
    try {
      const response = await http.request(new URL(settings.url + path), { ...request, signal });
      return {
        status: response.status,
        reason: response.statusText,
        contentType: response.headers['content-type'] ?? 'application/json',
        body: await readAtMost(response, settings.maxAnswerBytes),
      };
    } catch (cause) {
      outer.throwIfAborted();
      if (cause instanceof RefinerError && cause.code === 'UPSTREAM_FAILED') throw cause;
      throw failed(base, reasonOf(cause, timeoutMs), cause);
    }
  };
  return {
    ask,
    list: async (headers, signal) => {
      const answer = await ask({
        method: 'GET',
        path: '/api/functions',
        headers,
        timeoutMs: LIST_TIMEOUT_MS,
        signal,
      });
      if (answer.status !== 200) throw failed(base, `status ${answer.status}`);
      return functionsIn(answer.body, base);
    },
    close: () => http.close(),
  };
}

function functionsIn(body: Uint8Array, base: URL): readonly ListableFunction[] {
  let listed: unknown;
  try {
    listed = JSON.parse(Buffer.from(body).toString());
  } catch (cause) {
    throw failed(base, 'a list that is not JSON', cause);
  }
  if (typeof listed !== 'object' || listed === null || Array.isArray(listed)) {
    throw failed(base, 'a list that is no object');
  }
  return Object.values(listed as Readonly<Record<string, unknown>>).filter(isListable);
}

async function readAtMost(response: GuardedResponse, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw failed(response.url, `more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } finally {
    discardBody(response);
  }
  return Buffer.concat(chunks, length);
}

function failed(url: URL, received: string, cause?: unknown): RefinerError {
  return new RefinerError('UPSTREAM_FAILED', { where: url.origin, received }, { cause });
}

/** The error's code (ECONNREFUSED, ENOTFOUND, …) or its name. */
function reasonOf(cause: unknown, timeoutMs: number): string {
  if (!(cause instanceof Error)) return 'a broken connection';
  if (cause.name === 'TimeoutError') return `nothing within ${timeoutMs} ms`;
  const code: unknown = 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : cause.name;
}
