import type { TestContext } from 'node:test';
import { createGuardedHttp } from '../../../../src/backend/guarded-http.js';
import { JsonParser } from '../../../../src/backend/json-parser.js';
import {
  createLabelStudioApi,
  type LabelStudioApi,
} from '../../../../src/backend/label-studio/api/label-studio-api.js';
import type { ApiMeans } from '../../../../src/backend/label-studio/api/send-request.js';

export interface OpenedApi {
  readonly api: LabelStudioApi;
  /** Waits between calls, which are not waited for here. */
  readonly waitsMs: number[];
}

/** A client of the server at `baseUrl`, which may lie in a private network as the configured one may. */
export function openApi(
  context: TestContext,
  baseUrl: string,
  token: string | null,
  { isAllowed = true, retry, ...changes }: Partial<ApiMeans> & { readonly isAllowed?: boolean } = {},
): OpenedApi {
  const { origin } = new URL(baseUrl);
  const http = createGuardedHttp({
    allowedOrigins: isAllowed ? [origin] : [],
    verifyTls: true,
    connectTimeoutMs: 5000,
    maxHeaderBytes: 16 * 1024,
  });
  const json = new JsonParser({ maxDepth: 100, maxNodes: 100_000 });
  context.after(() => Promise.all([http.close(), json.close()]));
  const waitsMs: number[] = [];
  const wait = (delayMs: number): Promise<void> => {
    waitsMs.push(delayMs);
    return Promise.resolve();
  };
  const api = createLabelStudioApi({
    http,
    json,
    connection: {
      baseUrl,
      origin,
      saidBy: 'environment',
      key: token === null ? null : { value: token, saidBy: 'environment' },
      keyWithheld: false,
      aliases: [],
    },
    timeoutMs: 20_000,
    retry: { wait, ...retry },
    ...changes,
  });
  return { api, waitsMs };
}
