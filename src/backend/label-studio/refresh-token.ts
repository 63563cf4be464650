import { RefinerError } from '../../errors.js';
import type { ImageFetcher } from '../fetch-image.js';
import { withFetchDeadline } from '../fetch-deadline.js';
import { parseHttpUrl } from '../guarded-fetch.js';
import { discardBody, readBody } from '../read-body.js';

const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Buys an access token: `POST {baseUrl}/api/token/refresh/` with the personal token. Throws IMAGE_UNAUTHORIZED when Label
 * Studio refuses it, IMAGE_FETCH_FAILED for any other answer, and what the connection throws.
 */
export async function refreshAccessToken(
  fetcher: Pick<ImageFetcher, 'http' | 'timeoutMs'>,
  baseUrl: string,
  personalToken: string,
): Promise<string> {
  const url = parseHttpUrl(`${baseUrl}/api/token/refresh/`);
  const where = url.origin;
  return withFetchDeadline({ timeoutMs: fetcher.timeoutMs, where }, async (signal) => {
    const response = await fetcher.http.request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ refresh: personalToken }),
      signal,
    });
    if (response.status !== 200) {
      discardBody(response);
      const refused = response.status === 401 || response.status === 403;
      throw new RefinerError(refused ? 'IMAGE_UNAUTHORIZED' : 'IMAGE_FETCH_FAILED', {
        where: `${where}/api/token/refresh/`,
        received: `status ${response.status}`,
      });
    }
    return accessIn(await readBody(response, MAX_ANSWER_BYTES), where);
  });
}

function accessIn(body: Uint8Array, where: string): string {
  try {
    const answer: unknown = JSON.parse(Buffer.from(body).toString());
    if (typeof answer === 'object' && answer !== null && 'access' in answer) {
      const { access } = answer;
      // A header value: printable characters without spaces.
      if (typeof access === 'string' && /^[\x21-\x7e]+$/.test(access)) return access;
    }
  } catch {
    // Falls through to the refusal below.
  }
  throw new RefinerError('IMAGE_FETCH_FAILED', {
    where: `${where}/api/token/refresh/`,
    expected: 'JSON with an access token',
    received: 'something else',
  });
}
