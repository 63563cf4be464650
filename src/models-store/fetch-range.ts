import { type Dispatcher, fetch, type Response } from 'undici';
import { RefinerError } from '../errors.js';
import type { Progress } from './partial-file.js';

/** The part of a file that a server sends. */
export interface FetchedRange {
  readonly kind: 'part';
  /** Where the body belongs in the file: where the earlier attempt stopped, or 0 when the file comes from the start. */
  readonly from: number;
  /** Size of the whole file, null where the server does not say. */
  readonly totalBytes: number | null;
  readonly validator: string | null;
  readonly body: AsyncIterable<Uint8Array>;
}

/** The answer that nothing lies behind what is there already. */
export interface NothingFurther {
  readonly kind: 'nothing-further';
  /** Size of the whole file, null where the server does not say. */
  readonly totalBytes: number | null;
}

/** A failure that may be gone in a moment: a broken connection, a busy server. */
export class PassingFailure extends Error {}

/**
 * Asks for a file from where an earlier attempt stopped, provided it is still the same file (RFC 9110, sections 13.1.5
 * and 14.2). Throws DOWNLOAD_FAILED for an answer that repeating will not change, `PassingFailure` for others.
 */
export async function fetchRange(
  url: string,
  { bytes, validator }: Progress,
  { dispatcher, signal }: { readonly dispatcher: Dispatcher; readonly signal?: AbortSignal | undefined },
): Promise<FetchedRange | NothingFurther> {
  // Compressed parts could not be put together.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (bytes > 0 && validator !== null) {
    headers['range'] = `bytes=${bytes}-`;
    headers['if-range'] = validator;
  }
  const response = await fetch(url, { headers, dispatcher, ...(signal && { signal }) }).catch(
    (cause: unknown) => {
      signal?.throwIfAborted();
      throw new PassingFailure(reasonOf(cause), { cause });
    },
  );
  if (response.status === 206) return continued(response, bytes);
  if (response.status === 200 && response.body) {
    const totalBytes = numberIn(response.headers.get('content-length'));
    return { kind: 'part', from: 0, totalBytes, validator: validatorOf(response), body: response.body };
  }
  await response.body?.cancel();
  if (response.status === 416) {
    const [, total] = /^bytes \*\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? [];
    return { kind: 'nothing-further', totalBytes: numberIn(total) };
  }
  throw refusal(url, response);
}

function continued(response: Response, asked: number): FetchedRange {
  const [, from, , total] =
    /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
  if (Number(from) !== asked || !response.body) {
    throw new PassingFailure(`the server sent another part than the one from byte ${asked}`);
  }
  return {
    kind: 'part',
    from: asked,
    totalBytes: numberIn(total),
    validator: validatorOf(response),
    body: response.body,
  };
}

function refusal(url: string, { status, statusText }: Response): Error {
  const received = `${status} ${statusText}`.trim();
  if (status >= 500 || status === 408 || status === 429) return new PassingFailure(received);
  return new RefinerError('DOWNLOAD_FAILED', { where: url, expected: 'the file', received });
}

/** A weak ETag does not promise the same bytes, so it cannot guard a range. */
function validatorOf({ headers }: Response): string | null {
  const etag = headers.get('etag');
  return etag !== null && !etag.startsWith('W/') ? etag : headers.get('last-modified');
}

function numberIn(text: string | null | undefined): number | null {
  return text !== null && text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

/** undici hides what went wrong on the network in the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return `${code}${error.message || error.name}`;
}
