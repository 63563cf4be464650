import { createDeferred, orAborted } from './deferred.js';
import type { ExamplesJob } from './example-image.js';
import type { ImageSource } from './image-embedding.js';
import type { ExampleObject, ShapeRequest } from './inference.js';
import type { RequestHeader } from './protocol.js';
import type { RefineJob } from './refine-image.js';

/** A request as it arrives piece by piece in a worker. */
export interface WorkerJob {
  readonly id: number;
  readonly header: RequestHeader;
  readonly abort: AbortController;
  /** Whether all shapes or objects are here, so that the work can begin. */
  readonly complete: boolean;
  addShapes(shapes: readonly ShapeRequest[]): void;
  addObjects(objects: readonly ExampleObject[]): void;
  addImagePart(part: Uint8Array): void;
  /** What is to be done; reading the image asks the server for the bytes, the first time. */
  readonly work: WantedWork;
}

export type WantedWork =
  | { readonly kind: 'refine'; readonly job: RefineJob }
  | { readonly kind: 'examples'; readonly job: ExamplesJob };

export function createWorkerJob(id: number, header: RequestHeader, askForImage: () => void): WorkerJob {
  const shapes: ShapeRequest[] = [];
  const objects: ExampleObject[] = [];
  const inbox = createInbox(header.imageBytes, askForImage);
  return {
    id,
    header,
    abort: new AbortController(),
    get complete() {
      return shapes.length + objects.length === header.pieceCount;
    },
    addShapes(more) {
      shapes.push(...more);
    },
    addObjects(more) {
      objects.push(...more);
    },
    addImagePart: (part) => inbox.add(part),
    work: wantedWork(header, { shapes, objects, read: (signal) => inbox.read(signal) }),
  };
}

interface Pieces {
  readonly shapes: readonly ShapeRequest[];
  readonly objects: readonly ExampleObject[];
  readonly read: ImageSource['readBytes'];
}

function wantedWork(
  { wanted, imageKey, orientation, lane }: RequestHeader,
  { shapes, objects, read }: Pieces,
): WantedWork {
  const image = { imageKey, orientation, lane, readBytes: read };
  return wanted.kind === 'refine'
    ? {
        kind: 'refine',
        job: { ...image, options: wanted.options, ...(wanted.aim && { aim: wanted.aim }), shapes },
      }
    : { kind: 'examples', job: { ...image, settings: wanted.settings, objects } };
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
