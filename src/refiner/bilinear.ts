/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */

/**
 * Bilinear resampling along one axis: output `i` is `source[first[i]] · firstWeight[i] + source[second[i]] ·
 * secondWeight[i]`. `first` and `second` rise with `i`, and `second` is `first` or its neighbour.
 */
export interface LinearTaps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly firstWeight: Float32Array;
  readonly secondWeight: Float32Array;
}

/** A half-open range of indices. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * The taps of PyTorch's `interpolate(mode='bilinear', align_corners=False)` from `inputLength` to `outputLength`, with
 * the same float32 rounding as its CPU kernel (`UpSampleKernel.cpp`), which fuses the multiplication and subtraction
 * of the source position.
 */
export function linearTaps(inputLength: number, outputLength: number): LinearTaps {
  const taps = {
    first: new Int32Array(outputLength),
    second: new Int32Array(outputLength),
    firstWeight: new Float32Array(outputLength),
    secondWeight: new Float32Array(outputLength),
  };
  const scale = Math.fround(inputLength / outputLength);
  for (let i = 0; i < outputLength; i++) {
    const position = Math.max(0, Math.fround(scale * (i + 0.5) - 0.5));
    const first = Math.min(Math.floor(position), inputLength - 1);
    const towardsSecond = Math.min(1, Math.fround(position - first));
    taps.first[i] = first;
    taps.second[i] = Math.min(first + 1, inputLength - 1);
    taps.firstWeight[i] = 1 - towardsSecond;
    taps.secondWeight[i] = towardsSecond;
  }
  return taps;
}

/** The source indices that the outputs of `span` read. */
export function sourceSpan(taps: LinearTaps, span: Span): Span {
  if (span.from >= span.to) return { from: 0, to: 0 };
  return { from: taps.first[span.from]!, to: taps.second[span.to - 1]! + 1 };
}

/** The outputs that read any source index of `span`. */
export function outputSpan(taps: LinearTaps, span: Span): Span {
  return { from: firstAtLeast(taps.second, span.from), to: firstAtLeast(taps.first, span.to) };
}

export function clipSpan(span: Span, end: number): Span {
  return { from: Math.min(span.from, end), to: Math.min(span.to, end) };
}

function firstAtLeast(rising: Int32Array, value: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
