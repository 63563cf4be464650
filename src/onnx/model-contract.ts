/** Image as float32 `[1, 3, size, size]`: RGB planes, padded right and below. */
export interface PlanesInput {
  readonly tensor: string;
  /** Side of the square input frame in pixels. */
  readonly size: number;
  readonly layout: 'nchw-float32';
  /** Value right of and below the image, before normalisation: of all channels, or by channel. */
  readonly padValue: number | readonly number[];
  /** `(value − mean) / std` by channel, values 0–255; null when the graph normalises by itself. */
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] } | null;
}

/** Image as `[1, height, width, 3]` (uint8) or `[height, width, 3]`, resized into the frame; the graph normalises and pads it. */
export interface PixelsInput {
  readonly tensor: string;
  /** Side of the square input frame in pixels. */
  readonly size: number;
  readonly layout: 'nhwc-uint8' | 'hwc-float32';
}

export interface EmbeddingTensor {
  readonly tensor: string;
  /** Float32, row-major. */
  readonly shape: readonly number[];
}

export interface EncoderOutput extends EmbeddingTensor {
  /** What the encoder calls it, where the decoder has another name for it. */
  readonly encoderName?: string;
}

/** The embedding tensor that the elastic box compares pixels by. */
export interface FeatureTensor {
  readonly tensor: string;
  /** `[channels, height, width]` or `[height, width, channels]`, apart from sides of 1. */
  readonly order: 'channels-first' | 'channels-last';
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface EncoderContract {
  /** All of them are inputs of the decoder, under the names of `tensor`. */
  readonly outputs: readonly EncoderOutput[];
  readonly features: FeatureTensor;
}

export type PromptKind = 'points' | 'boxes' | 'mask';

export interface DecoderContract {
  readonly accepts: readonly PromptKind[];
  /** Name of the float32 input `[prompts, points, 2]`: x, y as pixel indices of the input frame. */
  readonly pointCoords: string;
  /** Name of the input `[prompts, points]`: 1, 0, box corners 2 and 3, −1 padding. */
  readonly pointLabels: string;
  readonly pointLabelsType: 'int64' | 'float32';
  /** Name of the float32 input `[prompts, 1, maskSize, maskSize]`: logits. */
  readonly maskInput: string;
  /** Name of the float32 input `[prompts]`: 1 where there is a mask, else 0. */
  readonly hasMaskInput: string;
  /** Number of points the model was trained with; null when it takes any number. */
  readonly pointSlots: number | null;
  /** Peak logit of the mask prompts that the model was trained with; null when it takes any. */
  readonly maskAmplitude: number | null;
  /**
   * Most prompts in one run of the graph. More than 1 only where a prompt's result is the same to the bit whatever
   * else is in the run: masks must not depend on which others were asked for together.
   */
  readonly promptsPerRun: number;
  /** Name of the float32 output `[prompts, candidateCount, maskSize, maskSize]`: logits. */
  readonly masks: string;
  /** Name of the float32 output `[prompts, candidateCount]`. */
  readonly ious: string;
  /** Name of the float32 output `[prompts, iouFeatureCount]`: what enters the last layer of the IoU head. */
  readonly iouFeatures: string;
  readonly candidateCount: number;
  /** The candidates among which one is chosen. */
  readonly selectable: readonly number[];
  readonly maskSize: number;
  readonly iouFeatureCount: number;
}

/** What a model's two graphs take and give: all that running them needs to know. */
export interface ModelContract {
  readonly input: PlanesInput | PixelsInput;
  readonly encoder: EncoderContract;
  readonly decoder: DecoderContract;
}
