import { RefinerError } from '../../errors.js';

/** A signal that aborts after `deadlineMs` (reason DEADLINE_EXCEEDED) or together with `parent`. `close` ends the timer. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly remainingMs: () => number;
  readonly close: () => void;
}

export function startDeadline(deadlineMs: number, parent: AbortSignal): Deadline {
  const endsAt = performance.now() + deadlineMs;
  const controller = new AbortController();
  const reason = (): RefinerError =>
    new RefinerError('DEADLINE_EXCEEDED', { expected: `an answer within ${deadlineMs} ms` });
  const timer = setTimeout(() => controller.abort(reason()), deadlineMs);
  return {
    signal: AbortSignal.any([parent, controller.signal]),
    remainingMs: () => Math.max(0, endsAt - performance.now()),
    close: () => clearTimeout(timer),
  };
}

/** The promise's outcome, or the signal's reason as soon as it aborts, also when the work does not listen to it. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(asError(signal.reason));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work
      .then(resolve, (error: unknown) => reject(asError(error)))
      .finally(() => {
        signal.removeEventListener('abort', onAbort);
      });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new RefinerError('ABORTED', {}, { cause: reason });
}
