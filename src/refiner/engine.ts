import type { Frame } from './types.js';

/** The embedding as the context-aware box reads it: `[channels, height, width]`, row-major, padding included. */
export interface FeatureGrid {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** 1 positive, 0 negative, 2 and 3 the box's corners, −1 padding (as SAM's prompt encoder numbers them). */
export type PointLabel = 1 | 0 | 2 | 3 | -1;

/** One mask's prompts in the model's input frame: pixel indices, the half-pixel shift happens inside the graph. */
export interface FramePrompt {
  /** `[points, 2]` as x, y. All prompts of one call have the same number of points. */
  readonly coords: Float32Array;
  readonly labels: readonly PointLabel[];
  /** `[maskSize, maskSize]` logits, or null to prompt without a mask. */
  readonly maskLogits: Float32Array | null;
}

/** What the decoder proposes for one prompt. */
export interface Candidates {
  /** `[count, maskSize, maskSize]` logits. Valid until the next call of `decode`: copy what must live longer. */
  readonly logits: Float32Array;
  /** Predicted IoU of each candidate, `[count]`. */
  readonly ious: Float32Array;
  /** The numbers entering the last layer of the IoU head, `[features]`. */
  readonly iouFeatures: Float32Array;
  readonly count: number;
}

/**
 * A SAM-like model with one image already encoded. The refiner knows models only through this interface, so that it
 * runs the same on an ONNX session and on a few lines of arithmetic in a test.
 */
export interface Decoder {
  readonly frame: Frame;
  readonly features: FeatureGrid;
  /** The candidates among which the best predicted IoU is chosen: SAM's 1, 2, 3 (0 is the single-mask token). */
  readonly selectable: readonly number[];
  /**
   * Number of point slots a model was trained with, in the order positive, negative, box corners; absent ones are
   * padded with label −1. Null when the model takes any number, as SAM does.
   */
  readonly pointSlots: number | null;
  /** Peak logit of the mask prompts a model was trained with; null when it takes any, and the options decide. */
  readonly maskAmplitude: number | null;
  /** Decodes all prompts in one run. Rejects with the signal's reason when aborted. */
  decode(prompts: readonly FramePrompt[], signal?: AbortSignal): Promise<readonly Candidates[]>;
}
