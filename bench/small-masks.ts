import type { Candidates, Decoder, FramePrompt } from '../src/refiner/engine.js';
import { frameOf } from '../src/refiner/frame.js';
import { cropMask } from '../src/refiner/mask.js';
import type { RefineOptions } from '../src/refiner/options.js';
import { refineMasks } from '../src/refiner/refine.js';
import type { Mask, Size } from '../src/refiner/types.js';

const SIDE_PX = 40;

/** Milliseconds to refine `count` masks of 40 × 40 px, spread over the image, with a decoder that costs nothing. */
export async function timeSmallMasksMs(count: number, image: Size, options: RefineOptions): Promise<number> {
  const masks = spreadDiscs(count, image);
  const decoder = freeDecoder(image);
  const start = performance.now();
  await refineMasks(masks, decoder, options);
  return performance.now() - start;
}

/** Gives each mask prompt back as the logits of its only candidate. */
function freeDecoder(image: Size): Decoder {
  const gridSide = 64;
  const channels = 32;
  const candidates = (prompt: FramePrompt): Candidates => ({
    logits: prompt.maskLogits ?? new Float32Array(256 * 256),
    ious: Float32Array.of(0.9),
    iouFeatures: new Float32Array(0),
    count: 1,
  });
  return {
    frame: frameOf(image, 1024, 256),
    features: {
      channels,
      height: gridSide,
      width: gridSide,
      data: Float32Array.from({ length: channels * gridSide * gridSide }, (_, i) => Math.sin(i * i)),
    },
    selectable: [0],
    pointSlots: null,
    maskAmplitude: null,
    decode: (prompts) => Promise.resolve(prompts.map(candidates)),
  };
}

/** Discs with a bite, so that there is a negative point to find. */
function spreadDiscs(count: number, image: Size): readonly Mask[] {
  const data = Uint8Array.from({ length: SIDE_PX * SIDE_PX }, (_, i) => {
    const x = (i % SIDE_PX) - SIDE_PX / 2 + 0.5;
    const y = Math.floor(i / SIDE_PX) - SIDE_PX / 2 + 0.5;
    return Math.hypot(x, y) < SIDE_PX / 2 && !(x > 4 && Math.abs(y) < 5) ? 1 : 0;
  });
  return Array.from({ length: count }, (_, i) => {
    const x0 = (i * 7919) % (image.width - SIDE_PX);
    const y0 = (i * 104_729) % (image.height - SIDE_PX);
    const box = { x0, y0, x1: x0 + SIDE_PX, y1: y0 + SIDE_PX };
    return cropMask({ imageWidth: image.width, imageHeight: image.height, box, data });
  });
}
