import type { Frame, Size } from './types.js';

/**
 * Where an image lies in a model's square input frame: scaled so that its longest side is `inputSize`, sides rounded
 * half up (SAM's `ResizeLongestSide.get_preprocess_shape`). A side never vanishes, however thin the image.
 */
export function frameOf(image: Size, inputSize: number, maskSize: number): Frame {
  const scale = inputSize / Math.max(image.width, image.height);
  const resizedSide = (side: number): number => Math.max(1, Math.floor(side * scale + 0.5));
  return {
    imageWidth: image.width,
    imageHeight: image.height,
    inputSize,
    resizedWidth: resizedSide(image.width),
    resizedHeight: resizedSide(image.height),
    maskSize,
  };
}
