/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { LinearTaps } from './bilinear.js';
import { linearTaps } from './bilinear.js';
import type { CellProducts } from './cell-products.js';
import { pixelAt } from './mask.js';
import type { Mask } from './types.js';

/** Cosine similarity of the image at a pixel with the mean feature of a mask. */
export type PixelSimilarity = (x: number, y: number) => number;

/**
 * Compares pixels with the mask: the cosine between the bilinearly interpolated feature at a pixel and the mean feature
 * of the cells that the mask covers when it is resized to the grid by nearest neighbour. Null when it covers none.
 * Source: official `utils.py` `get_mask_embed`, `extract_bboxes_expand`, which computes it for every pixel; here a pixel
 * costs ten products, and a cell's product with the mean is computed when a pixel first needs it.
 */
export function similarityTo(mask: Mask, products: CellProducts): PixelSimilarity | null {
  const query = unitQuery(mask, products);
  if (query === null) return null;
  const { columns, rows, channels, cells } = products;
  const across = edgeOnOneCell(linearTaps(columns, mask.imageWidth));
  const down = edgeOnOneCell(linearTaps(rows, mask.imageHeight));
  const known = new Float64Array(rows * columns).fill(NaN);
  const alongQuery = (cell: number): number => {
    const value = known[cell]!;
    if (!Number.isNaN(value)) return value;
    let sum = 0;
    for (let i = 0; i < channels; i++) sum += cells[cell * channels + i]! * query[i]!;
    known[cell] = sum;
    return sum;
  };
  return (x, y) => {
    const left = across.firstWeight[x]!;
    const right = across.secondWeight[x]!;
    const top = down.firstWeight[y]!;
    const bottom = down.secondWeight[y]!;
    const corner = down.first[y]! * columns + across.first[x]!;
    const toRight = across.second[x]! - across.first[x]!;
    const toBelow = (down.second[y]! - down.first[y]!) * columns;
    const projection =
      top * (left * alongQuery(corner) + right * alongQuery(corner + toRight)) +
      bottom * (left * alongQuery(corner + toBelow) + right * alongQuery(corner + toBelow + toRight));
    const squaredLength =
      top * top * squaredLengthInRow(products, corner, toRight, left, right) +
      bottom * bottom * squaredLengthInRow(products, corner + toBelow, toRight, left, right) +
      2 * top * bottom * productOfRows(products, corner, toRight, left, right);
    return projection / Math.sqrt(squaredLength);
  };
}

/** ‖left · cell + right · its right neighbour‖². */
function squaredLengthInRow(
  { self, withRight }: CellProducts,
  cell: number,
  toRight: number,
  left: number,
  right: number,
): number {
  return (
    left * left * self[cell]! + right * right * self[cell + toRight]! + 2 * left * right * withRight[cell]!
  );
}

/** Inner product of that mixture in the cell's row with the same mixture in the row below. */
function productOfRows(
  { withBelow, withBelowRight, rightWithBelow }: CellProducts,
  cell: number,
  toRight: number,
  left: number,
  right: number,
): number {
  return (
    left * left * withBelow[cell]! +
    right * right * withBelow[cell + toRight]! +
    left * right * (withBelowRight[cell]! + rightWithBelow[cell]!)
  );
}

/** Where both taps are the same cell, at the far edge, gives the first one all the weight. */
function edgeOnOneCell(taps: LinearTaps): LinearTaps {
  for (let i = taps.first.length - 1; i >= 0 && taps.first[i] === taps.second[i]; i--) {
    taps.firstWeight[i] = 1;
    taps.secondWeight[i] = 0;
  }
  return taps;
}

/** The mean feature of the covered cells, scaled to length 1. */
function unitQuery(mask: Mask, products: CellProducts): Float64Array | null {
  const { columns, rows, channels, cells } = products;
  const xs = nearestSources(mask.imageWidth, columns);
  const ys = nearestSources(mask.imageHeight, rows);
  const sum = new Float64Array(channels);
  let covered = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (pixelAt(mask, xs[column]!, ys[row]!) === 0) continue;
      covered++;
      const start = (row * columns + column) * channels;
      for (let i = 0; i < channels; i++) sum[i]! += cells[start + i]!;
    }
  }
  if (covered === 0) return null;
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
}

/** The pixels that PyTorch's `interpolate(mode='nearest')` takes, in its float32 arithmetic. */
function nearestSources(inputLength: number, outputLength: number): Int32Array {
  const scale = Math.fround(inputLength / outputLength);
  return Int32Array.from({ length: outputLength }, (_, i) =>
    Math.min(Math.floor(Math.fround(i * scale)), inputLength - 1),
  );
}
