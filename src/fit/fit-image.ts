import type { RgbImage } from '../onnx/rgb-image.js';
import type { Mask } from '../refiner/types.js';

/** A mask to learn from. */
export interface FitObject {
  /** What prompts are made of. Where there is no rough mask, the true one. */
  readonly rough: Mask;
  readonly truth: Mask;
}

export interface LoadedFitImage {
  readonly pixels: RgbImage;
  readonly objects: readonly FitObject[];
  /** Pixels that count neither for nor against; null when all count. */
  readonly ignore: Mask | null;
}

/** An image with true masks, read only when its turn comes. */
export interface FitImage {
  /** Decides on which side of the split it falls, so the same for the same image wherever its folder lies. */
  readonly name: string;
  /** Throws the IMAGE_* and MASK_* errors. */
  load(): Promise<LoadedFitImage>;
}
