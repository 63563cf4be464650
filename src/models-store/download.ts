import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { RefinerError } from '../errors.js';
import { type FetchedRange, fetchRange, PassingFailure, reasonOf } from './fetch-range.js';
import { PartialFile } from './partial-file.js';

export interface DownloadOptions {
  readonly dispatcher: Dispatcher;
  /** Size of the published file, null where it is not known. */
  readonly expectedBytes: number | null;
  /** Attempts in a row that may bring nothing. */
  readonly attempts: number;
  /** Wait before the second attempt; doubled before each further one. */
  readonly firstDelayMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told how much of the file is there. */
  readonly onProgress?: ((bytes: number, totalBytes: number | null) => void) | undefined;
}

/** Larger than any checkpoint of SAM: a server that never ends must not fill the disk. */
const MAX_BYTES = 16e9;

/** Where nothing ever came there is probably no way to the server, and somebody is waiting to hear so. */
const ATTEMPTS_BEFORE_FIRST_BYTE = 3;

/**
 * Downloads a file to `path`, continuing what an earlier attempt left there, also of an earlier run. A broken connection
 * is taken up again; what has arrived stays for the next run when all attempts fail. Whether the file is the right one
 * is for the caller to check.
 *
 * Throws DOWNLOAD_FAILED, DOWNLOAD_DAMAGED for a file that is larger than published, or the signal's reason.
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const partial = new PartialFile(path, url);
  let failures = 0;
  let patience = Math.min(options.attempts, ATTEMPTS_BEFORE_FIRST_BYTE);
  for (;;) {
    const before = (await partial.progress()).bytes;
    try {
      if (await attempt(url, partial, options)) {
        await partial.forget();
        return;
      }
      failures = 0;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof PassingFailure)) throw error;
      const hasProgress = (await partial.progress()).bytes > before;
      if (hasProgress) patience = options.attempts;
      failures = hasProgress ? 1 : failures + 1;
      if (failures >= patience) throw failed(url, error);
    }
    await delay(options.firstDelayMs * 2 ** failures, undefined, { signal: options.signal });
  }
}

/** Whether the file is whole afterwards; false where the next attempt has to begin from the start. */
async function attempt(url: string, partial: PartialFile, options: DownloadOptions): Promise<boolean> {
  const known = await partial.progress();
  const range = await fetchRange(url, known, options);
  if (range.kind === 'nothing-further') {
    if (known.bytes === 0) throw new PassingFailure('the server says that the file is empty');
    if (known.bytes === range.totalBytes) return true;
    await partial.discard();
    return false;
  }
  if (range.from === 0) await partial.begin(range.validator);
  const bytes = await append(range, partial.path, url, options);
  const total = range.totalBytes ?? options.expectedBytes;
  if (total !== null && bytes < total) throw new PassingFailure(`only ${bytes} of ${total} bytes came`);
  return true;
}

/** Appends the body to what is there. Returns how much is there then. */
async function append(
  { body, from, totalBytes }: FetchedRange,
  path: string,
  url: string,
  { expectedBytes, onProgress, signal }: DownloadOptions,
): Promise<number> {
  const file = await open(path, 'a');
  const total = totalBytes ?? expectedBytes;
  let bytes = from;
  try {
    for await (const part of body) {
      bytes += part.length;
      if (bytes > (expectedBytes ?? MAX_BYTES)) throw tooLarge(url, expectedBytes ?? MAX_BYTES);
      await file.appendFile(part);
      onProgress?.(bytes, total);
    }
    await file.sync();
    return bytes;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RefinerError || isDiskError(error)) throw error;
    throw new PassingFailure(reasonOf(error), { cause: error });
  } finally {
    await file.close();
  }
}

/** Errors of the system's calls have a `syscall`; those of a disk are not cured by asking the server again. */
function isDiskError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write';
}

function tooLarge(url: string, bytes: number): RefinerError {
  return new RefinerError('DOWNLOAD_DAMAGED', {
    where: url,
    expected: `at most ${bytes} bytes`,
    received: 'more',
  });
}

function failed(url: string, cause: PassingFailure): RefinerError {
  const { host } = new URL(url);
  return new RefinerError(
    'DOWNLOAD_FAILED',
    {
      where: url,
      expected:
        `a connection to ${host}. Behind a proxy set HTTPS_PROXY; what has arrived is kept and continued by the next ` +
        'try. Without network: bring the file here and name it to `samrefiner models add`',
      received: cause.message,
    },
    { cause },
  );
}
