import type { ErrorCode } from '../errors.js';
import type { Guidance } from '../formats/guidance.js';
import type { CoordinateUnit, OutputForm, RefinedShape, RoughShape } from '../formats/rough-shape.js';
import type { CandidateExample, ExampleSettings, LeftOutReason } from '../refiner/examples-of.js';
import type { RefineOptions, ShapeOptions } from '../refiner/options.js';
import type { FailedReason, Figures, KeptReason } from '../refiner/verdict.js';
import type { Size } from '../refiner/types.js';

export type { Guidance } from '../formats/guidance.js';

/** `exif`: as a viewer shows the file. `stored`: the pixels as they lie in it. */
export type Orientation = 'exif' | 'stored';

export type Lane = 'interactive' | 'batch';

export interface ShapeRequest {
  /** Null to segment a new mask from the guidance alone. */
  readonly shape: RoughShape | null;
  /** What a person points at. With a shape it corrects the shape and joins its prompts. */
  readonly guidance?: Guidance;
  /**
   * Semantic masks are split into regions, refined one by one and united (paper section 3.3, split-then-merge). Not
   * considered with guidance, which speaks of one object.
   */
  readonly semantic: boolean;
  readonly output: OutputForm;
  /**
   * In place of the request's. Semantic masks share out pixels only among those with the same options.
   */
  readonly options?: ShapeOptions;
  /** The image size the shape was made for; when it differs from the real one the shape is not touched. */
  readonly madeFor: Size | null;
  /** Whether a kept outcome carries the rough mask in the asked form. */
  readonly returnKept?: boolean;
}

/**
 * What a person points at among the shapes of a request, so that only what is meant is worked on: the mask that clicks
 * mean (`maskClicked`, the newest click last) or the masks that lie in an area (`masksInside`). Clicks take the place of
 * the shapes' own guidance.
 */
export interface Aim {
  readonly at:
    | { readonly kind: 'clicks'; readonly unit: CoordinateUnit; readonly clicks: Guidance['points'] }
    | { readonly kind: 'area'; readonly area: RoughShape };
  /**
   * Of each shape: those of the lowest rank that has one under the clicks or in the area are meant. A request without a
   * shape is meant when no shape is, whatever its rank.
   */
  readonly ranks: readonly number[];
}

/** What every request says of its image. */
export interface ImageRequest {
  readonly image: Uint8Array;
  /**
   * `exif`, `stored`, or `match`: the displayed frame, unless the shapes' `madeFor` is the displayed size with width
   * and height swapped, which says that they were drawn on the stored frame.
   */
  readonly orientation: Orientation | 'match';
  readonly lane: Lane;
}

/** All shapes of one image. Without any, the image is encoded, so that later requests find its embedding. */
export interface RefineRequest extends ImageRequest {
  readonly shapes: readonly ShapeRequest[];
  /** Leaves all shapes but those that are meant untouched, with the outcome `not-meant`. */
  readonly aim?: Aim;
  readonly options: RefineOptions;
}

/** A mask that a person made or accepted. */
export interface ExampleObject {
  readonly truth: RoughShape;
  /** What prompts are made of; null for the true mask itself. */
  readonly rough: RoughShape | null;
  /** The image size that both were made for; null if that is not known. */
  readonly madeFor: Size | null;
}

/** Asks what the model's candidates for the masks of one image are, and how well each matches the true one. */
export interface ExamplesRequest extends ImageRequest {
  readonly objects: readonly ExampleObject[];
  readonly settings: ExampleSettings;
}

/** One mask, in the order of the request: an example for each of the prompts, or why there is none. */
export type ObjectExamples =
  | { readonly status: 'asked'; readonly examples: readonly CandidateExample[] }
  | { readonly status: 'left-out'; readonly reason: LeftOutReason | ErrorCode };

/**
 * Outcome for one shape, in the order of the request. A shape that cannot be drawn is `failed` with its error code, as
 * is a request with neither shape nor usable guidance (GUIDANCE_INVALID). A new mask has the agreement 1, as there is
 * nothing to disagree with; where none is found the outcome is `kept`, `empty`.
 */
export type ShapeOutcome =
  | { readonly status: 'refined'; readonly shape: RefinedShape; readonly figures: Figures }
  | {
      readonly status: 'kept';
      readonly reason: KeptReason | 'not-meant';
      readonly figures: Figures | null;
      /** The rough mask in the asked form if `returnKept` asked for it and it is not empty. */
      readonly shape?: RefinedShape;
    }
  | { readonly status: 'failed'; readonly reason: FailedReason | ErrorCode; readonly detail: string };

/** Milliseconds spent in each stage, for metrics. */
export interface StageTimes {
  readonly queueMs: number;
  readonly imageDecodeMs: number;
  readonly encodeMs: number;
  readonly promptMs: number;
  readonly decodeMs: number;
  readonly outputMs: number;
}

/** What every answer says of its image. */
export interface ImageAnswer {
  /** Size of the image in the frame that was used. */
  readonly image: Size;
  readonly orientation: Orientation;
  readonly embeddingCached: boolean;
  readonly times: StageTimes;
}

export interface RefineAnswer extends ImageAnswer {
  readonly outcomes: readonly ShapeOutcome[];
}

export interface ExamplesAnswer extends ImageAnswer {
  readonly objects: readonly ObjectExamples[];
  /** The candidates among which one is chosen. */
  readonly selectable: readonly number[];
}

export interface RequestLimits {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** What the backend needs of the inference side. Implemented by the worker pool; small enough to be done inline. */
export interface Inference {
  /** `<pack>-<version>` of the model that answers. */
  readonly modelVersion: string;
  /** True once a worker has loaded its sessions. */
  isReady(): boolean;
  /** Number of requests waiting. */
  readonly queued: number;
  /**
   * Refines the shapes of one image. Throws `RefinerError` QUEUE_FULL, DEADLINE_EXCEEDED, WORKER_LOST, NOT_READY, the
   * IMAGE_* codes, or the signal's reason.
   */
  refine(request: RefineRequest, limits: RequestLimits): Promise<RefineAnswer>;
  /** Asks about the masks of one image, encoded once. Throws as `refine`. */
  examples(request: ExamplesRequest, limits: RequestLimits): Promise<ExamplesAnswer>;
  close(): Promise<void>;
}
