import type { Request } from 'express';
import { RefinerError } from '../errors.js';

const FIRST_BYTES = 64 * 1024;

/**
 * The whole body of a request, in a buffer of its own. A body that announces more than the limit is refused before a
 * byte is read, one that turns out longer as soon as it does. Throws BODY_TOO_LARGE, BODY_ENCODING or ABORTED.
 */
export async function readRequestBody(req: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw new RefinerError('BODY_ENCODING', {
      expected: 'no Content-Encoding',
      received: encoding.slice(0, 40),
    });
  }
  const announced = req.headers['content-length'];
  if (announced !== undefined && Number(announced) > maxBytes) throw tooLarge(maxBytes, `${announced} bytes`);

  let buffer = new Uint8Array(announced === undefined ? FIRST_BYTES : Number(announced));
  let length = 0;
  for await (const chunk of chunksOf(req)) {
    if (length + chunk.length > maxBytes) throw tooLarge(maxBytes, 'more');
    if (length + chunk.length > buffer.length) buffer = enlarged(buffer, length + chunk.length);
    buffer.set(chunk, length);
    length += chunk.length;
  }
  return buffer.subarray(0, length);
}

/** The chunks of a request. Leaving early does not close the connection, so that an answer can still be sent. */
async function* chunksOf(req: Request): AsyncGenerator<Buffer> {
  const chunks = req.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  try {
    yield* chunks;
  } catch (error) {
    throw new RefinerError('ABORTED', {}, { cause: error });
  }
}

function enlarged(buffer: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, buffer.length * 2));
  larger.set(buffer);
  return larger;
}

function tooLarge(maxBytes: number, received: string): RefinerError {
  return new RefinerError('BODY_TOO_LARGE', { expected: `at most ${maxBytes} bytes`, received });
}
