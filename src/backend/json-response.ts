import type { Response } from 'express';
import { setImmediate as nextTick } from 'node:timers/promises';
import { jsonText } from './json-text.js';

/**
 * Answers with JSON, a piece at a time: other requests get their turn between the pieces, and a slow reader is waited
 * for instead of piling text up. `Uint8Array`s are written as arrays of numbers. Resolves when everything was handed
 * to the connection, or when the caller is gone.
 */
export async function sendJson(res: Response, value: unknown, status = 200): Promise<void> {
  res.status(status).set('Content-Type', 'application/json; charset=utf-8');
  const pieces = jsonText(value);
  let piece = pieces.next();
  let following = pieces.next();
  if (piece.done !== true && following.done === true) {
    // Short enough to say how long it is.
    res.set('Content-Length', String(Buffer.byteLength(piece.value))).end(piece.value);
    return;
  }
  while (piece.done !== true && !res.closed) {
    if (!res.write(piece.value)) await drained(res);
    await nextTick();
    piece = following;
    following = pieces.next();
  }
  res.end();
}

/** Waits until the connection takes more, or is closed. */
export function drained(res: Response): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      res.off('drain', settle).off('close', settle);
      resolve();
    };
    if (res.closed) resolve();
    else res.on('drain', settle).on('close', settle);
  });
}
