import { RefinerError } from '../errors.js';
import type { GuardedResponse } from './guarded-http.js';

/**
 * Reads a response's body. The announced length is compared before anything is allocated, the bytes are counted as they
 * come, and an encoded body is refused: none was asked for, and a small one may unpack to any size.
 * Throws IMAGE_TOO_LARGE over `maxBytes`, IMAGE_EMPTY for no bytes, IMAGE_FETCH_FAILED for an encoded body; errors of
 * the connection come as they are. The body is closed in every case.
 */
export async function readBody(response: GuardedResponse, maxBytes: number): Promise<Uint8Array> {
  const { body, headers, url } = response;
  try {
    const announced = Number(headers['content-length'] ?? 0);
    if (announced > maxBytes) throw tooLarge(url, maxBytes, `${announced} bytes announced`);
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      const expected = 'a body without content encoding';
      throw new RefinerError('IMAGE_FETCH_FAILED', {
        where: url.origin,
        expected,
        received: encoding.slice(0, 40),
      });
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(url, maxBytes, `more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    if (length === 0) throw new RefinerError('IMAGE_EMPTY', { where: url.origin });
    return Buffer.concat(chunks, length);
  } finally {
    discardBody(response);
  }
}

/** Drops a body that nobody will read, and its connection with it. */
export function discardBody({ body }: GuardedResponse): void {
  body.on('error', () => undefined);
  body.destroy();
}

function tooLarge(url: URL, maxBytes: number, received: string): RefinerError {
  return new RefinerError('IMAGE_TOO_LARGE', {
    where: url.origin,
    expected: `at most ${maxBytes} bytes`,
    received,
  });
}
