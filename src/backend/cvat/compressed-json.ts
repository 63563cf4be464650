import type { Request, Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { drained, sendJson } from '../json-response.js';
import { jsonText } from '../json-text.js';

/**
 * Answers with JSON, gzipped where it is long and the caller takes that: a full-frame mask shrinks a hundredfold
 * (protocol note, section 2.4). `Uint8Array`s are written as arrays of numbers. Resolves when everything was handed to
 * the connection, or when the caller is gone.
 */
export async function sendCompressedJson(req: Request, res: Response, value: unknown): Promise<void> {
  if (isShort(value) || req.acceptsEncodings('gzip', 'identity') !== 'gzip') {
    await sendJson(res, value);
    return;
  }
  res.set({ 'Content-Type': 'application/json; charset=utf-8', 'Content-Encoding': 'gzip' });
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  try {
    await pipeline(jsonText(value), gzip, async (compressed: AsyncIterable<Buffer>) => {
      for await (const chunk of compressed) {
        if (res.closed) break;
        if (!res.write(chunk)) await drained(res);
      }
    });
  } catch (error) {
    // Ending early breaks the pipeline off.
    if (!res.closed) throw error;
  }
  res.end();
}

/** Whether the text is a single piece. */
function isShort(value: unknown): boolean {
  const pieces = jsonText(value);
  pieces.next();
  return pieces.next().done === true;
}
