import type { IncomingHttpHeaders } from 'node:http';

/** Longest single wait, whatever the answer asks for. */
const MAX_WAIT_MS = 60_000;
const FIRST_WAIT_MS = 500;

/**
 * Milliseconds to wait before a request is repeated: what `Retry-After` says (seconds or a date), but at least half a
 * second, twice as long with every repetition (`attempt` counts from 0), and at most a minute.
 */
export function retryAfterMs(headers: IncomingHttpHeaders, attempt: number, nowMs: number): number {
  const asked = headers['retry-after'] ?? '';
  const seconds = /^\d+$/.test(asked) ? Number(asked) : (Date.parse(asked) - nowMs) / 1000;
  const least = FIRST_WAIT_MS * 2 ** Math.min(attempt, 10);
  return Math.min(MAX_WAIT_MS, Math.max(least, Number.isNaN(seconds) ? 0 : seconds * 1000));
}
