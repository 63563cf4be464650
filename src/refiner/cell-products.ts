/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { FeatureGrid } from './engine.js';
import type { Size } from './types.js';

/**
 * The part of an embedding that shows the image, with the inner products of neighbouring cells. They make the length of
 * a feature interpolated between four cells a matter of ten numbers, however many channels there are. One table serves
 * all masks of an image.
 */
export interface CellProducts {
  readonly columns: number;
  readonly rows: number;
  readonly channels: number;
  /** `[rows, columns, channels]`. */
  readonly cells: Float32Array;
  /** Inner product of each cell with itself, `[rows, columns]`; the following ones with a neighbour, 0 at the edge. */
  readonly self: Float64Array;
  readonly withRight: Float64Array;
  readonly withBelow: Float64Array;
  readonly withBelowRight: Float64Array;
  /** Of the right neighbour with the one below. */
  readonly rightWithBelow: Float64Array;
}

/** Cuts the padding off as the official code does (`utils.py` `get_mask_embed`), which rounds the shorter side down. */
export function cellProductsOf(features: FeatureGrid, image: Size): CellProducts {
  const tall = image.height >= image.width;
  const columns = tall ? Math.trunc((features.height * image.width) / image.height) : features.width;
  const rows = tall ? features.height : Math.trunc((features.width * image.height) / image.width);
  const { channels } = features;
  const cells = cellMajor(features, columns, rows);
  const products = {
    self: new Float64Array(rows * columns),
    withRight: new Float64Array(rows * columns),
    withBelow: new Float64Array(rows * columns),
    withBelowRight: new Float64Array(rows * columns),
    rightWithBelow: new Float64Array(rows * columns),
  };
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = row * columns + column;
      const hasRight = column + 1 < columns;
      const hasBelow = row + 1 < rows;
      const product = (a: number, b: number): number =>
        innerProduct(cells, a * channels, b * channels, channels);
      products.self[cell] = product(cell, cell);
      if (hasRight) products.withRight[cell] = product(cell, cell + 1);
      if (hasBelow) products.withBelow[cell] = product(cell, cell + columns);
      if (hasRight && hasBelow) {
        products.withBelowRight[cell] = product(cell, cell + columns + 1);
        products.rightWithBelow[cell] = product(cell + 1, cell + columns);
      }
    }
  }
  return { columns, rows, channels, cells, ...products };
}

function cellMajor(features: FeatureGrid, columns: number, rows: number): Float32Array {
  const { channels, width, height, data } = features;
  const cells = new Float32Array(rows * columns * channels);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < rows; row++) {
      const source = (channel * height + row) * width;
      for (let column = 0; column < columns; column++) {
        cells[(row * columns + column) * channels + channel] = data[source + column]!;
      }
    }
  }
  return cells;
}

function innerProduct(values: Float32Array, a: number, b: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[a + i]! * values[b + i]!;
  return sum;
}
