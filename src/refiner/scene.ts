import type { Decoder } from './engine.js';
import type { Box, Size } from './types.js';

/** An image as a model can see it: the whole of it, or a part that fills the input frame and so shows more detail. */
export interface Scene {
  readonly image: Size;
  /** Longest side of what the model sees of an image or a part, in its own pixels. */
  readonly inputSize: number;
  /** Cells of the model's mask along that side. */
  readonly maskSize: number;
  /**
   * The decoder of the whole image (null) or of a part, a rectangle in the image; encodes it where that was not yet done.
   * The image of a part's decoder is the part: its pixels count from the part's upper left corner.
   */
  decoderOf(view: Box | null): Promise<Decoder>;
}
