import { setImmediate as nextTurn } from 'node:timers/promises';

import { PARCEL_BYTES, parcelsOf, requestBytes } from './parcels.js';
import type { ToWorker } from './protocol.js';
import type { Ticket } from './ticket.js';

type Send = (message: ToWorker) => void;

/** Sends a request without its image; in parcels, with other work in between, so that a large one blocks nobody. */
export async function sendTicket(ticket: Ticket, imageKey: string, send: Send): Promise<void> {
  const { image, shapes, orientation, aim, options, lane } = ticket.request;
  const header = {
    imageKey,
    imageBytes: image.byteLength,
    shapeCount: shapes.length,
    orientation,
    ...(aim && { aim }),
    options,
    lane,
  };
  send({ kind: 'refine', id: ticket.id, header });
  for (const parcel of parcelsOf(shapes, requestBytes)) {
    if (ticket.settled) return;
    send({ kind: 'shapes', id: ticket.id, shapes: parcel });
    await nextTurn();
  }
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
