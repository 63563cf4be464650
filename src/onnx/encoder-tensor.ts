import { Tensor } from 'onnxruntime-node';
import type { Frame } from '../refiner/types.js';
import type { ModelContract } from './model-contract.js';
import { encoderInput } from './preprocess.js';
import { resizeBilinear } from './resize.js';
import type { RgbImage } from './rgb-image.js';

/** An image, scaled into the frame, as the encoder takes it. */
export function encoderTensor(image: RgbImage, frame: Frame, input: ModelContract['input']): Tensor {
  if (input.layout === 'nchw-float32') {
    return new Tensor('float32', encoderInput(image, frame, input), [1, 3, input.size, input.size]);
  }
  const { data, width, height } = resizeBilinear(image, {
    width: frame.resizedWidth,
    height: frame.resizedHeight,
  });
  return input.layout === 'hwc-float32'
    ? new Tensor('float32', Float32Array.from(data), [height, width, 3])
    : new Tensor('uint8', data, [1, height, width, 3]);
}
