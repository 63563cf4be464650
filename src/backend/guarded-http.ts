import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { createGuardedAgent, type GuardSettings } from './guarded-agent.js';

export type Headers = Readonly<Record<string, string>>;

export interface GuardedRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly headers: Headers;
  readonly body?: string | Uint8Array;
  readonly signal: AbortSignal;
}

export interface GuardedResponse {
  readonly url: URL;
  readonly status: number;
  /** The reason phrase. */
  readonly statusText: string;
  readonly headers: IncomingHttpHeaders;
  /** To be read to its end or destroyed by whoever asked. */
  readonly body: Dispatcher.ResponseData['body'];
}

/**
 * HTTP through the guarded agent, one request at a time; redirects are answers like any other. A GET whose connection
 * drops before the answer is sent once more: hosts close idle connections just when they are used again.
 */
export interface GuardedHttp {
  request(url: URL, request: GuardedRequest): Promise<GuardedResponse>;
  close(): Promise<void>;
}

export function createGuardedHttp(settings: GuardSettings): GuardedHttp {
  const agent = createGuardedAgent(settings);
  return {
    async request(url, { method, headers, body, signal }) {
      const send = (): Promise<Dispatcher.ResponseData> =>
        agent.request({
          origin: url.origin,
          path: url.pathname + url.search,
          method,
          headers: { 'user-agent': 'samrefiner', 'accept-encoding': 'identity', ...headers },
          body: body ?? null,
          signal,
        });
      const response = await send().catch((error: unknown) => {
        if (method === 'GET' && isDroppedConnection(error) && !signal.aborted) return send();
        throw error;
      });
      const { statusCode: status, statusText, headers: answered, body: content } = response;
      return { url, status, statusText, headers: answered, body: content };
    },
    close: () => agent.destroy(),
  };
}

function isDroppedConnection(error: unknown): boolean {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}
