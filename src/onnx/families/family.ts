/**
 * The plain vision transformer of SAM (ViTDet): windowed attention with a few global blocks, decomposed relative
 * positions. Sizes are those of the state dict.
 */
export interface VitShape {
  readonly kind: 'vit';
  readonly embedDim: number;
  readonly depth: number;
  readonly heads: number;
  /** Side of a pixel patch. */
  readonly patchSize: number;
  /** Side of an attention window, in patches. */
  readonly windowSize: number;
  /** Blocks whose attention spans the image, ascending. */
  readonly globalBlocks: readonly number[];
}

/** MobileSAM's TinyViT: one convolutional stage, then stages of windowed attention; one entry per stage. */
export interface TinyVitShape {
  readonly kind: 'tiny-vit';
  readonly embedDims: readonly number[];
  readonly depths: readonly number[];
  /** 0 for the convolutional stage. */
  readonly heads: readonly number[];
  /** 0 for the convolutional stage. */
  readonly windowSizes: readonly number[];
}

/** What a checkpoint is, as far as the graphs authored from it depend on it. */
export interface Family {
  /** Such as `sam-vit-b`, `hq-vit-l`, `mobile-sam`, `hq-tiny`. */
  readonly name: string;
  readonly encoder: VitShape | TinyVitShape;
  /** HQ-SAM: the decoder has the extra output token and reads features of an early block of the encoder. */
  readonly hq: boolean;
  /** Side of the square input, in pixels. */
  readonly imageSize: number;
  /** Side of the image embedding. */
  readonly gridSize: number;
}
