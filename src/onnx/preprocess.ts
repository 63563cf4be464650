/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { Frame } from '../refiner/types.js';
import type { PlanesInput } from './model-contract.js';
import { resizeBilinear } from './resize.js';
import type { RgbImage } from './rgb-image.js';

const CHANNELS = 3;

/**
 * An image as planes: scaled into the frame, padded right and below, normalised if the contract says so.
 * Returns `[1, 3, size, size]` float32 in RGB planes.
 */
export function encoderInput(image: RgbImage, frame: Frame, input: PlanesInput): Float32Array {
  const { data } = resizeBilinear(image, { width: frame.resizedWidth, height: frame.resizedHeight });
  const side = input.size;
  const tensor = new Float32Array(CHANNELS * side * side);
  for (let channel = 0; channel < CHANNELS; channel++) {
    const values = levels(input, channel);
    const plane = tensor.subarray(channel * side * side, (channel + 1) * side * side);
    plane.fill(normalise(padValueOf(input, channel), input, channel));
    for (let y = 0; y < frame.resizedHeight; y++) {
      let source = y * frame.resizedWidth * CHANNELS + channel;
      const row = y * side;
      for (let x = 0; x < frame.resizedWidth; x++, source += CHANNELS) {
        plane[row + x] = values[data[source]!]!;
      }
    }
  }
  return tensor;
}

/** What each byte value becomes in a channel. */
function levels(input: PlanesInput, channel: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, value) => normalise(value, input, channel));
}

function padValueOf({ padValue }: PlanesInput, channel: number): number {
  return typeof padValue === 'number' ? padValue : padValue[channel]!;
}

function normalise(value: number, { normalisation }: PlanesInput, channel: number): number {
  if (normalisation === null) return value;
  return (value - normalisation.mean[channel]!) / normalisation.std[channel]!;
}
