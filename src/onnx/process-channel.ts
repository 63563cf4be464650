import type { FromWorker, ToWorker, WorkerChannel } from './protocol.js';

/**
 * The worker's end of the connection, inside a process that was started with `fork`. The process ends when the
 * connection does, so a worker never outlives its server. An interrupt from the terminal reaches the whole process
 * group; only the server heeds it, and lets its workers finish.
 */
export function processChannel(): WorkerChannel {
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.once('disconnect', () => process.exit());
  let unsent = 0;
  let closing = false;
  const disconnectIfDone = (): void => {
    if (closing && unsent === 0 && process.connected) process.disconnect();
  };
  return {
    send(message: FromWorker) {
      if (!process.connected) return;
      unsent += 1;
      // The callback also takes the error of a connection that was lost, which 'disconnect' tells.
      process.send?.(message, undefined, undefined, () => {
        unsent -= 1;
        disconnectIfDone();
      });
    },
    onMessage(listener) {
      process.on('message', (message) => listener(message as ToWorker));
    },
    close() {
      closing = true;
      disconnectIfDone();
    },
  };
}
