import { setImmediate as nextTurn } from 'node:timers/promises';

import { PARCEL_BYTES, parcelsOf, requestBytes, shapeBytes } from './parcels.js';
import type { RequestHeader, ToWorker } from './protocol.js';
import type { ExampleObject } from './inference.js';
import type { Request, Ticket } from './ticket.js';

type Send = (message: ToWorker) => void;

/** Sends a request without its image; in parcels, with other work in between, so that a large one blocks nobody. */
export async function sendTicket(ticket: Ticket, imageKey: string, send: Send): Promise<void> {
  const { id, request } = ticket;
  send({ kind: 'request', id, header: headerOf(request, imageKey) });
  for (const message of pieceMessages(id, request)) {
    if (ticket.settled) return;
    send(message);
    await nextTurn();
  }
}

function headerOf(request: Request, imageKey: string): RequestHeader {
  const { image, orientation, lane } = request;
  const common = { imageKey, imageBytes: image.byteLength, orientation, lane };
  if ('shapes' in request) {
    const { shapes, options } = request;
    return { ...common, wanted: { kind: 'refine', options }, pieceCount: shapes.length };
  }
  const { objects, settings } = request;
  return { ...common, wanted: { kind: 'examples', settings }, pieceCount: objects.length };
}

function* pieceMessages(id: number, request: Request): Generator<ToWorker> {
  if ('shapes' in request) {
    for (const shapes of parcelsOf(request.shapes, requestBytes)) {
      yield { kind: 'shapes', id, shapes };
    }
    return;
  }
  for (const objects of parcelsOf(request.objects, objectBytes)) yield { kind: 'objects', id, objects };
}

function objectBytes({ truth, rough }: ExampleObject): number {
  return shapeBytes(truth) + (rough === null ? 0 : shapeBytes(rough));
}

/** Sends the bytes of a request's image, in parcels. */
export async function sendImage(ticket: Ticket, send: Send): Promise<void> {
  const { id } = ticket;
  const { image } = ticket.request;
  for (let start = 0; start < image.byteLength; start += PARCEL_BYTES) {
    if (ticket.settled) return;
    send({ kind: 'image', id, part: image.subarray(start, start + PARCEL_BYTES) });
    await nextTurn();
  }
}
