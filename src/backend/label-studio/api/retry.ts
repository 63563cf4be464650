import { setTimeout as sleep } from 'node:timers/promises';
import { RefinerError } from '../../../errors.js';

export interface RetrySettings {
  /** Calls of one request in all, the first included. */
  readonly maxAttempts: number;
  /** Wait before the second call; doubled before each further one. */
  readonly firstDelayMs: number;
  /** Longest wait, also of one that the server asks for. */
  readonly maxDelayMs: number;
  /** Waits, or rejects with the signal's reason; for tests. */
  readonly wait: (delayMs: number, signal: AbortSignal) => Promise<unknown>;
}

export const RETRY_DEFAULTS: RetrySettings = {
  maxAttempts: 4,
  firstDelayMs: 500,
  maxDelayMs: 60_000,
  wait: (delayMs, signal) => sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted()),
};

/**
 * Calls until it succeeds, fails for good or has been called often enough; rejects with the last failure. A server's
 * Retry-After is honoured; without one the wait doubles from call to call.
 */
export async function withRetries<T>(
  call: () => Promise<T>,
  mayTryAgain: (failure: RefinerError) => boolean,
  { maxAttempts, firstDelayMs, maxDelayMs, wait }: RetrySettings,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RefinerError) || attempt >= maxAttempts || !mayTryAgain(error)) throw error;
      const asked = error.facts.retryAfterSeconds;
      const delayMs = asked === undefined ? firstDelayMs * 2 ** (attempt - 1) : asked * 1000;
      await wait(Math.min(delayMs, maxDelayMs), signal);
      signal.throwIfAborted();
    }
  }
}

/** Seconds that a Retry-After header asks for, as a number or a date; undefined for anything else. */
export function retryAfterSeconds(header: unknown, nowMs: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, Math.ceil((dateMs - nowMs) / 1000));
}
