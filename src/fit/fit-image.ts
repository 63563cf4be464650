import type { RgbImage } from '../onnx/rgb-image.js';
import type { ExampleMasks } from '../refiner/examples-of.js';
import type { Mask } from '../refiner/types.js';

export interface LoadedFitImage {
  readonly pixels: RgbImage;
  readonly objects: readonly ExampleMasks[];
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
