import type { Decoder } from '../refiner/engine.js';
import type { Scene } from '../refiner/scene.js';
import type { OpenedImage } from './image-embedding.js';
import type { Model } from './model.js';
import type { StageClock } from './stage-clock.js';

export interface Attention {
  /** Awaited before everything that takes long. */
  readonly giveWay: () => Promise<void>;
  readonly clock: StageClock;
}

/** An opened image for the refiner, giving way before each encoding and each run of the decoder. */
export function attentiveScene(
  opened: OpenedImage,
  model: Pick<Model, 'inputSize' | 'maskSize' | 'decoderFor'>,
  { giveWay, clock }: Attention,
): Scene {
  return {
    image: opened.size,
    inputSize: model.inputSize,
    maskSize: model.maskSize,
    decoderOf: async (view) => {
      await giveWay();
      return attentiveDecoder(model.decoderFor(await opened.embedding(view)), { giveWay, clock });
    },
  };
}

function attentiveDecoder(decoder: Decoder, { giveWay, clock }: Attention): Decoder {
  return {
    frame: decoder.frame,
    features: decoder.features,
    selectable: decoder.selectable,
    pointSlots: decoder.pointSlots,
    maskAmplitude: decoder.maskAmplitude,
    async decode(prompts, signal) {
      await giveWay();
      return clock.during('decode', () => decoder.decode(prompts, signal));
    },
  };
}
