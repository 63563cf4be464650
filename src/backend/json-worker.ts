import { parentPort } from 'node:worker_threads';
import { type ErrorCode, type ErrorFacts, RefinerError } from '../errors.js';
import { type JsonPiece, JsonPieceCutter } from './json-pieces.js';
import type { JsonLimits } from './json-scan.js';
import { parseJson } from './parse-json.js';

/** To the thread: a text to parse, or the wish for the next piece (`more`: false to give up the rest). */
export type ToJsonWorker =
  | { readonly kind: 'parse'; readonly bytes: Uint8Array; readonly limits: JsonLimits }
  | { readonly kind: 'next'; readonly more: boolean };

/** From the thread. Pieces are sent one by one as they are asked for, so that the receiver can do other work between. */
export type FromJsonWorker =
  | { readonly kind: 'piece'; readonly piece: JsonPiece; readonly last: boolean }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly facts: ErrorFacts };

/** The thread that parses large bodies: `JSON.parse` of 60 MB would stop all other requests for half a second. */
function run(): void {
  const port = parentPort;
  if (!port) throw new Error('json-worker runs only as a worker thread');
  let cutter: JsonPieceCutter | null = null;
  const sendPiece = (): void => {
    if (!cutter) return;
    const { piece, transfer, last } = cutter.next();
    if (last) cutter = null;
    port.postMessage({ kind: 'piece', piece, last } satisfies FromJsonWorker, transfer);
  };
  port.on('message', (message: ToJsonWorker) => {
    try {
      if (message.kind === 'parse') cutter = new JsonPieceCutter(parseJson(message.bytes, message.limits));
      else if (!message.more) cutter = null;
      sendPiece();
    } catch (error) {
      if (!(error instanceof RefinerError)) throw error;
      port.postMessage({ kind: 'refused', code: error.code, facts: error.facts } satisfies FromJsonWorker);
    }
  });
}

run();
