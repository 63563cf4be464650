import { RefinerError } from '../errors.js';

/**
 * Runs `work` with a signal that ends it after `timeoutMs` or when `outer` aborts. Rejects with IMAGE_FETCH_TIMEOUT in the
 * first case and with the outer signal's reason in the second; errors that are not the product's own become
 * IMAGE_FETCH_FAILED. `where` names the host for the log, `what` that which is waited for.
 */
export async function withFetchDeadline<T>(
  {
    timeoutMs,
    where,
    outer,
    what = 'the whole image',
  }: { timeoutMs: number; where: string; outer?: AbortSignal | undefined; what?: string },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const expected = `${what} within ${timeoutMs} ms`;
  const timeout = new RefinerError('IMAGE_FETCH_TIMEOUT', { where, expected });
  const timer = setTimeout(() => controller.abort(timeout), timeoutMs);
  const stop = (): void => controller.abort(outer?.reason);
  outer?.addEventListener('abort', stop, { once: true });
  try {
    return await work(controller.signal);
  } catch (cause) {
    outer?.throwIfAborted();
    if (controller.signal.reason === timeout) throw timeout;
    if (cause instanceof RefinerError) throw cause;
    throw new RefinerError('IMAGE_FETCH_FAILED', { where, received: reasonOf(cause) }, { cause });
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', stop);
  }
}

/** The error's code (ECONNREFUSED, ENOTFOUND, …) or its name: messages would carry addresses. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'a broken connection';
  const code: unknown = 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : cause.name;
}
