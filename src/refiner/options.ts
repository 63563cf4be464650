import type { IouAdapter } from './iou-adapter.js';

/** Which distance map finds the points and shapes the mask prompt: `octile` is what FastGeodis with λ = 0 computes. */
export type DistanceMetric = 'euclidean' | 'octile';

/** `depth`: weight by depth inside the mask (official code). `centre`: by distance from the positive point (paper). */
export type MaskFalloff = 'depth' | 'centre';

export interface PromptOptions {
  readonly usePoints: boolean;
  readonly useBox: boolean;
  readonly useMask: boolean;
  readonly useNegativePoint: boolean;
  readonly distance: DistanceMetric;
  readonly falloff: MaskFalloff;
  /** Threshold on the similar share of a strip for the elastic box to grow (λ); null keeps the tight box. */
  readonly expandThreshold: number | null;
  /** Peak logit of the mask prompt (ω; official `strength`). */
  readonly amplitude: number;
  /** Peak logit for a mask whose elastic box grew; the official code then speaks with 1, the paper says nothing of it. */
  readonly expandedAmplitude: number;
  /** Span of the Gaussian (γ). */
  readonly spread: number;
}

/** When a refined mask is not trusted and the rough one is handed back. */
export interface AcceptOptions {
  /** Rough masks with fewer pixels are kept as they are. */
  readonly minAreaPx: number;
  /**
   * Rough masks whose mean width (`meanWidthPx`) is less than this many cells of the mask that the model draws are kept
   * as they are; there are `maskSize` of them along the longest side of what it looks at.
   */
  readonly minWidthCells: number;
  /** Least IoU between the rough and the refined mask. */
  readonly minAgreement: number;
  /** Least IoU that the model predicts for its own mask. */
  readonly minPredictedIou: number;
  /** Least IoU of the refined mask at a stricter threshold with that at a laxer one (`stabilityScore`). */
  readonly minStability: number;
  /** Whether parts of the mask that touch nothing of the rough one, or are not pointed at, are left out. */
  readonly dropStrayParts: boolean;
}

export interface RefineOptions {
  readonly prompts: PromptOptions;
  readonly accept: AcceptOptions;
  /** Learned for the data set with this model (SAMRefiner++); null chooses candidates as the model predicts. */
  readonly iouAdapter: IouAdapter | null;
  readonly rounds: number;
  /** Whether small objects are refined in the part of the image around them (`zoomView`), which costs encodings. */
  readonly zoom: boolean;
  /** Most masks in one decoder run; bounds memory, never changes a result. */
  readonly decoderBatch: number;
}

/** What may differ among the masks of one image. */
export type ShapeOptions = Pick<RefineOptions, 'prompts' | 'accept' | 'rounds' | 'zoom'>;

export type PresetName = 'paper' | 'official';
