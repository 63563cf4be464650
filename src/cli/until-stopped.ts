import { awaitStop } from '../backend/stop-signal.js';
import { RefinerError } from '../errors.js';

/** Runs work with a signal that Ctrl-C and SIGTERM abort; a second one ends the process. */
export async function untilStopped<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = awaitStop();
  void stop.stopped.then(() => {
    stop.close();
    controller.abort(new RefinerError('ABORTED'));
  });
  try {
    return await work(controller.signal);
  } finally {
    stop.close();
  }
}
