import { createDeferred, orAborted } from './deferred.js';
import type { ShapeRequest } from './inference.js';
import type { RequestHeader } from './protocol.js';
import type { RefineJob } from './refine-image.js';

/** A request as it arrives piece by piece in a worker. */
export interface WorkerJob {
  readonly id: number;
  readonly header: RequestHeader;
  readonly abort: AbortController;
  /** Whether all shapes are here, so that the work can begin. */
  readonly complete: boolean;
  addShapes(shapes: readonly ShapeRequest[]): void;
  addImagePart(part: Uint8Array): void;
  /** The job for `refineImage`; reading its image asks the server for the bytes, the first time. */
  readonly refineJob: RefineJob;
}

export function createWorkerJob(id: number, header: RequestHeader, askForImage: () => void): WorkerJob {
  const shapes: ShapeRequest[] = [];
  const inbox = createInbox(header.imageBytes, askForImage);
  return {
    id,
    header,
    abort: new AbortController(),
    get complete() {
      return shapes.length === header.shapeCount;
    },
    addShapes(more) {
      shapes.push(...more);
    },
    addImagePart: (part) => inbox.add(part),
    refineJob: {
      imageKey: header.imageKey,
      orientation: header.orientation,
      ...(header.aim && { aim: header.aim }),
      options: header.options,
      shapes,
      readBytes: (signal) => inbox.read(signal),
    },
  };
}

interface Inbox {
  add(part: Uint8Array): void;
  read(signal: AbortSignal): Promise<Uint8Array>;
}

/** Memory for the image is taken only once it is asked for: most requests find their embedding in the cache. */
function createInbox(byteLength: number, ask: () => void): Inbox {
  const arrived = createDeferred<Uint8Array>();
  let bytes: Uint8Array | null = null;
  let filled = 0;
  return {
    add(part) {
      bytes?.set(part, filled);
      filled += part.byteLength;
      if (bytes !== null && filled === byteLength) arrived.resolve(bytes);
    },
    read(signal) {
      if (bytes === null) {
        bytes = new Uint8Array(byteLength);
        if (byteLength === 0) arrived.resolve(bytes);
        else ask();
      }
      return orAborted(arrived.promise, signal);
    },
  };
}
