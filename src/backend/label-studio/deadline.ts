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
