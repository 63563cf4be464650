/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { LinearTaps, Span } from './bilinear.js';

/**
 * Row `row` of a picture that is computed as it is read, for the columns of the reader's span (index 0 is the column
 * `span.from`). The array is valid until the next call.
 */
export type RowReader = (row: number) => Float32Array;

/**
 * A picture resampled bilinearly, row by row, for the output columns of `span`. Rows read in rising order compute
 * every source row once. The arithmetic is that of PyTorch's CPU kernel to the last bit: across first, then down, each
 * sum with its first product unrounded (a fused multiply-add) and rounded to float32.
 *
 * @param source reads the source for the columns from `sourceFrom` on; these must cover what `span` reads
 */
export function resampledRows(
  source: RowReader,
  sourceFrom: number,
  columns: LinearTaps,
  rows: LinearTaps,
  span: Span,
): RowReader {
  const width = span.to - span.from;
  // The two source rows of an output row are neighbours, so that one always lies at an even and one at an odd place.
  const even = { row: -1, values: new Float32Array(width) };
  const odd = { row: -1, values: new Float32Array(width) };
  const across = (row: number): Float32Array => {
    const held = row % 2 === 0 ? even : odd;
    if (held.row !== row) {
      resampleRow(source(row), sourceFrom, columns, span, held.values);
      held.row = row;
    }
    return held.values;
  };
  const blended = new Float32Array(width);
  return (row) => {
    const first = across(rows.first[row]!);
    const second = across(rows.second[row]!);
    const firstWeight = rows.firstWeight[row]!;
    const secondWeight = rows.secondWeight[row]!;
    for (let i = 0; i < width; i++) {
      blended[i] = first[i]! * firstWeight + Math.fround(second[i]! * secondWeight);
    }
    return blended;
  };
}

/**
 * The rows of a picture of `height` rows, widened to `width` columns and continued downwards without end, both with
 * `value`.
 */
export function paddedRows(source: RowReader, height: number, width: number, value: number): RowReader {
  const padding = new Float32Array(width).fill(value);
  const padded = padding.slice();
  return (row) => {
    if (row >= height) return padding;
    padded.set(source(row));
    return padded;
  };
}

function resampleRow(
  source: Float32Array,
  sourceFrom: number,
  taps: LinearTaps,
  span: Span,
  target: Float32Array,
): void {
  const { first, second, firstWeight, secondWeight } = taps;
  for (let i = span.from; i < span.to; i++) {
    target[i - span.from] =
      source[first[i]! - sourceFrom]! * firstWeight[i]! +
      Math.fround(source[second[i]! - sourceFrom]! * secondWeight[i]!);
  }
}
