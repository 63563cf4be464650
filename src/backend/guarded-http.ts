import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { createGuardedAgent, type GuardSettings } from './guarded-agent.js';

export type Headers = Readonly<Record<string, string>>;

export interface GuardedRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Headers;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface GuardedResponse {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** To be read to its end or destroyed by whoever asked. */
  readonly body: Dispatcher.ResponseData['body'];
}

/** HTTP through the guarded agent, one request at a time; redirects are answers like any other. */
export interface GuardedHttp {
  request(url: URL, request: GuardedRequest): Promise<GuardedResponse>;
  close(): Promise<void>;
}

export function createGuardedHttp(settings: GuardSettings): GuardedHttp {
  const agent = createGuardedAgent(settings);
  return {
    async request(url, { method, headers, body, signal }) {
      const response = await agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: { 'user-agent': 'samrefiner', 'accept-encoding': 'identity', ...headers },
        body: body ?? null,
        signal,
      });
      return { url, status: response.statusCode, headers: response.headers, body: response.body };
    },
    close: () => agent.destroy(),
  };
}
