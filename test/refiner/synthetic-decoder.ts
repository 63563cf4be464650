import type { Candidates, Decoder, FramePrompt } from '../../src/refiner/engine.js';
import { frameOf } from '../../src/refiner/frame.js';
import type { Size } from '../../src/refiner/types.js';

export const MASK_SIZE = 16;
const GRID = 4;
const CHANNELS = 3;

/**
 * A decoder of a few lines of arithmetic: its candidates are the mask prompt moved by one cell, plus bumps at the
 * positive points and dents at the negative ones, so that every prompt has a part in the result. As the contract
 * allows, it writes each run's candidates over those of the run before.
 */
export function syntheticDecoder(
  image: Size,
  onRun: (prompts: readonly FramePrompt[]) => void = () => undefined,
): Decoder {
  const frame = frameOf(image, 64, MASK_SIZE);
  const reused = new Float32Array(64 * 4 * MASK_SIZE * MASK_SIZE);
  return {
    frame,
    features: {
      channels: CHANNELS,
      height: GRID,
      width: GRID,
      data: Float32Array.from({ length: CHANNELS * GRID * GRID }, (_, i) => 1 + Math.sin(i)),
    },
    selectable: [1, 2, 3],
    pointSlots: null,
    maskAmplitude: null,
    decode: (prompts) => {
      onRun(prompts);
      reused.fill(NaN);
      return Promise.resolve(
        prompts.map((prompt, i) => decodeOne(prompt, reused.subarray(i * 4 * MASK_SIZE * MASK_SIZE))),
      );
    },
  };
}

function decodeOne(prompt: FramePrompt, room: Float32Array): Candidates {
  const logits = room.subarray(0, 4 * MASK_SIZE * MASK_SIZE);
  for (let i = 0; i < logits.length; i++) logits[i] = logitAt(prompt, i);
  const seed = prompt.coords.reduce((sum, value) => sum + value, 0);
  const ious = Float32Array.from([0, 1, 2, 3], (candidate) => 0.5 + 0.4 * Math.sin(seed + candidate));
  return { logits, ious, iouFeatures: new Float32Array(4), count: 4 };
}

function logitAt({ coords, labels, maskLogits }: FramePrompt, index: number): number {
  const candidate = Math.floor(index / MASK_SIZE ** 2);
  const x = index % MASK_SIZE;
  const y = Math.floor(index / MASK_SIZE) % MASK_SIZE;
  const prior = maskLogits?.[y * MASK_SIZE + Math.max(0, x - candidate + 1)] ?? -1;
  let logit = Math.max(-4, Math.min(4, prior));
  labels.forEach((label, i) => {
    const away = Math.hypot((coords[2 * i] ?? NaN) / 4 - x, (coords[2 * i + 1] ?? NaN) / 4 - y);
    if (label === 0) logit -= Math.max(0, 3 - away);
    else if (label > 0) logit += Math.max(0, 5 - away - candidate);
  });
  return logit;
}
