import type { CacheChange } from './embedding-cache.js';
import type { Execution, ProviderInUse } from './execution.js';
import type {
  ExampleObject,
  ExamplesAnswer,
  ExamplesRequest,
  ImageRequest,
  ObjectExamples,
  RefineAnswer,
  RefineRequest,
  ShapeOutcome,
  ShapeRequest,
} from './inference.js';
import type { WireError } from './wire-error.js';

/** What a worker needs to open its model. */
export interface WorkerSettings extends Required<Execution> {
  readonly packDirectory: string;
  /** Limit of this worker's embedding cache. */
  readonly cacheBytes: number;
  readonly maxPixels: number;
}

/** What is to be done with an image. */
export type Wanted =
  | { readonly kind: 'refine'; readonly options: RefineRequest['options'] }
  | { readonly kind: 'examples'; readonly settings: ExamplesRequest['settings'] };

/** A request without its bulk: its pieces follow in parcels, the image only if the worker asks for it. */
export interface RequestHeader extends Pick<ImageRequest, 'orientation' | 'lane'> {
  readonly imageKey: string;
  readonly imageBytes: number;
  readonly wanted: Wanted;
  /** Shapes to refine, or objects to ask about. */
  readonly pieceCount: number;
}

/** Messages to a worker. `open` comes first; `shapes` and `objects` follow the `request` they belong to. */
export type ToWorker =
  | { readonly kind: 'open'; readonly settings: WorkerSettings }
  | { readonly kind: 'request'; readonly id: number; readonly header: RequestHeader }
  | { readonly kind: 'shapes'; readonly id: number; readonly shapes: readonly ShapeRequest[] }
  | { readonly kind: 'objects'; readonly id: number; readonly objects: readonly ExampleObject[] }
  | { readonly kind: 'image'; readonly id: number; readonly part: Uint8Array }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'close' };

/** An answer without the results of its pieces. */
export type AnswerWithoutResults = Omit<RefineAnswer, 'outcomes'> | Omit<ExamplesAnswer, 'objects'>;

/** The model that a worker has opened. */
export interface OpenedModel {
  readonly modelVersion: string;
  readonly inUse: ProviderInUse;
}

/** Messages from a worker. Every `request` is answered by exactly one `answer` (after its results) or `failure`. */
export type FromWorker =
  | ({ readonly kind: 'ready' } & OpenedModel)
  | { readonly kind: 'refused'; readonly error: WireError }
  | { readonly kind: 'need-image'; readonly id: number }
  /** Sent while work goes on, so that a long request is not taken for a hanging one. */
  | { readonly kind: 'progress' }
  | { readonly kind: 'outcomes'; readonly id: number; readonly outcomes: readonly ShapeOutcome[] }
  | { readonly kind: 'examples'; readonly id: number; readonly objects: readonly ObjectExamples[] }
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly answer: AnswerWithoutResults;
      readonly cacheChanges: readonly CacheChange[];
    }
  | {
      readonly kind: 'failure';
      readonly id: number;
      readonly error: WireError;
      readonly cacheChanges: readonly CacheChange[];
    };

/** One end of the connection between the server and a worker. */
export interface WorkerChannel {
  send(message: FromWorker): void;
  onMessage(listener: (message: ToWorker) => void): void;
  close(): void;
}
