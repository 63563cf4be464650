import type { FramePrompt } from '../refiner/engine.js';
import type { Model } from './model.js';

/** Enough for any input frame: it is scaled up. */
const SIDE = 8;

/** Encodes a black image and decodes one prompt. Throws what the model throws, or if it answers no numbers. */
export async function tryModel(model: Pick<Model, 'encode' | 'decoderFor'>): Promise<void> {
  const black = { width: SIDE, height: SIDE, data: new Uint8Array(3 * SIDE * SIDE) };
  const decoder = model.decoderFor(await model.encode(black));
  const points = decoder.pointSlots ?? 1;
  const prompt: FramePrompt = {
    coords: new Float32Array(2 * points),
    labels: Array.from({ length: points }, (_, index) => (index === 0 ? 1 : -1)),
    maskLogits: null,
  };
  for (const { ious, logits } of await decoder.decode([prompt])) {
    if (ious.every(Number.isFinite) && logits.every(Number.isFinite)) continue;
    throw new TypeError('a trial run answered numbers that are not finite');
  }
}
