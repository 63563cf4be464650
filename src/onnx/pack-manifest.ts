/** How the pixels lie in the encoder's input tensor: `[1, 3, size, size]` float32, RGB planes, 0–255. */
export type InputLayout = 'nchw-float32';

/** How an image is brought to the size of the input frame. */
export type ResizeRule = 'longest-side-bilinear-antialiased';

export type PromptKind = 'points' | 'boxes' | 'mask';

export interface PackInput {
  readonly tensor: string;
  /** Side of the square input frame in pixels. */
  readonly size: number;
  readonly layout: InputLayout;
  readonly resize: ResizeRule;
  /** Value of all channels right of and below the image, before normalisation. */
  readonly padValue: number;
  /** `(value − mean) / std` by channel, values 0–255; null when the graph normalises by itself. */
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] } | null;
}

export interface EmbeddingTensor {
  readonly tensor: string;
  /** Float32, row-major. */
  readonly shape: readonly number[];
}

export interface PackEncoder {
  readonly file: string;
  /** All of them are inputs of the decoder, under the same names. */
  readonly outputs: readonly EmbeddingTensor[];
  /** Which output, `[1, channels, height, width]`, is the grid that the elastic box compares pixels by. */
  readonly features: string;
}

export interface PackDecoder {
  readonly file: string;
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

export interface PackFile {
  /** Relative to the pack's folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** `pack.json`: all that the program knows of a model. */
export interface PackManifest {
  readonly formatVersion: 1;
  readonly name: string;
  readonly version: string;
  readonly family: string;
  readonly licence: string;
  readonly source: string;
  readonly howMade: string;
  readonly input: PackInput;
  readonly encoder: PackEncoder;
  readonly decoder: PackDecoder;
  readonly files: readonly PackFile[];
}
