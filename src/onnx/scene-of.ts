import type { Scene } from '../refiner/scene.js';
import { cropImage } from './crop-image.js';
import type { Model } from './model.js';
import type { RgbImage } from './rgb-image.js';

/** A decoded image for `refineInScene` and its like. Every decoder asked for costs an encoding; nothing is kept. */
export function sceneOf(
  model: Pick<Model, 'inputSize' | 'maskSize' | 'encode' | 'decoderFor'>,
  image: RgbImage,
): Scene {
  return {
    image: { width: image.width, height: image.height },
    inputSize: model.inputSize,
    maskSize: model.maskSize,
    decoderOf: async (view) =>
      model.decoderFor(await model.encode(view === null ? image : cropImage(image, view))),
  };
}
