import type { Request, Response } from 'express';

/** What is read of a refused body before the connection is closed instead. */
const MAX_DISCARDED_BYTES = 128 * 1024 * 1024;
const MAX_DISCARD_MS = 10_000;

/**
 * Lets the rest of a refused body run into nothing, so that the caller, who is still sending, gets to read the answer:
 * closing at once would reset the connection and lose it. What does not end in time or size is cut off.
 */
export function discardRequestBody(req: Request, res: Response): void {
  if (req.complete) return;
  const { socket } = req;
  let bytes = 0;
  const stop = (): void => {
    if (res.writableFinished || res.closed) socket.destroy();
    else res.once('close', () => socket.destroy());
  };
  const timer = setTimeout(stop, MAX_DISCARD_MS);
  timer.unref();
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_DISCARDED_BYTES) stop();
  });
  req.once('close', () => clearTimeout(timer));
  req.resume();
}
