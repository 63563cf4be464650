/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */

/** `[positions, channels]` as `[channels, positions]`. */
export function channelsFirst(values: Float32Array, channels: number): Float32Array {
  const positions = values.length / channels;
  const planes = new Float32Array(values.length);
  for (let position = 0, source = 0; position < positions; position++) {
    for (let channel = 0; channel < channels; channel++, source++) {
      planes[channel * positions + position] = values[source]!;
    }
  }
  return planes;
}
