import type { Request, Response } from 'express';
import { RefinerError } from '../errors.js';

/**
 * A signal that aborts when the caller goes away before the answer is complete (reason ABORTED), or, with a deadline,
 * when that many milliseconds have passed (DEADLINE_EXCEEDED). The timer ends with the response.
 */
export function requestSignal(req: Request, res: Response, deadlineMs?: number): AbortSignal {
  const controller = new AbortController();
  if (req.socket.destroyed || res.closed) controller.abort(new RefinerError('ABORTED'));
  const timer =
    deadlineMs === undefined
      ? undefined
      : setTimeout(
          () =>
            controller.abort(
              new RefinerError('DEADLINE_EXCEEDED', { expected: `an answer within ${deadlineMs} ms` }),
            ),
          deadlineMs,
        );
  res.once('close', () => {
    clearTimeout(timer);
    if (!res.writableFinished) controller.abort(new RefinerError('ABORTED'));
  });
  return controller.signal;
}
