/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { LinearTaps, Span } from './bilinear.js';
import { clipSpan, linearTaps, outputSpan, sourceSpan } from './bilinear.js';
import { emptyMask, tightenMask } from './mask.js';
import { resampledRows } from './resampled-rows.js';
import type { Frame, Mask } from './types.js';

/** How low-resolution logits become image pixels: tables that depend on the frame alone. */
export interface Upsampler {
  /** `maskSize` → `inputSize`, the same for rows and columns. */
  readonly toInput: LinearTaps;
  /** Resized → image. */
  readonly columnsToImage: LinearTaps;
  readonly rowsToImage: LinearTaps;
  /** The low-resolution columns and rows that any image pixel depends on; the others see only padding. */
  readonly usedColumns: number;
  readonly usedRows: number;
}

export function upsamplerFor(frame: Frame): Upsampler {
  const toInput = linearTaps(frame.maskSize, frame.inputSize);
  return {
    toInput,
    columnsToImage: linearTaps(frame.resizedWidth, frame.imageWidth),
    rowsToImage: linearTaps(frame.resizedHeight, frame.imageHeight),
    usedColumns: sourceSpan(toInput, { from: 0, to: frame.resizedWidth }).to,
    usedRows: sourceSpan(toInput, { from: 0, to: frame.resizedHeight }).to,
  };
}

/**
 * Cuts low-resolution logits into a mask of the image: `[maskSize, maskSize]` bilinear to the input frame, padding cut
 * off, bilinear to the image, `> threshold`. Equals PyTorch's two `interpolate` calls in SAM's `postprocess_masks`.
 * Only the part of the image that depends on a logit above the threshold is computed.
 */
export function logitsToMask(
  logits: Float32Array,
  frame: Frame,
  threshold: number,
  upsampler: Upsampler = upsamplerFor(frame),
): Mask {
  const { imageWidth, imageHeight, maskSize } = frame;
  const { toInput, columnsToImage, rowsToImage } = upsampler;
  const cells = cellsAbove(logits, maskSize, upsampler, threshold);
  const inputColumns = clipSpan(outputSpan(toInput, cells.columns), frame.resizedWidth);
  const inputRows = clipSpan(outputSpan(toInput, cells.rows), frame.resizedHeight);
  const columns = outputSpan(columnsToImage, inputColumns);
  const rows = outputSpan(rowsToImage, inputRows);
  const width = columns.to - columns.from;
  if (width <= 0 || rows.to <= rows.from) return emptyMask({ width: imageWidth, height: imageHeight });

  const readLogits = (row: number): Float32Array => logits.subarray(row * maskSize, (row + 1) * maskSize);
  const readColumns = sourceSpan(columnsToImage, columns);
  const readInput = resampledRows(readLogits, 0, toInput, toInput, readColumns);
  const readImage = resampledRows(readInput, readColumns.from, columnsToImage, rowsToImage, columns);

  const data = new Uint8Array(width * (rows.to - rows.from));
  for (let y = rows.from; y < rows.to; y++) {
    const row = readImage(y);
    const start = (y - rows.from) * width;
    for (let x = 0; x < width; x++) data[start + x] = row[x]! > threshold ? 1 : 0;
  }
  return tightenMask({
    imageWidth,
    imageHeight,
    box: { x0: columns.from, y0: rows.from, x1: columns.to, y1: rows.to },
    data,
  });
}

/** The smallest rectangle of low-resolution cells outside of which no used logit is above the threshold. */
function cellsAbove(
  logits: Float32Array,
  maskSize: number,
  used: { readonly usedColumns: number; readonly usedRows: number },
  threshold: number,
): { columns: Span; rows: Span } {
  let x0 = used.usedColumns;
  let x1 = 0;
  let y0 = used.usedRows;
  let y1 = 0;
  for (let y = 0; y < used.usedRows; y++) {
    const row = y * maskSize;
    for (let x = 0; x < used.usedColumns; x++) {
      if (logits[row + x]! > threshold) {
        if (x < x0) x0 = x;
        if (x >= x1) x1 = x + 1;
        if (y < y0) y0 = y;
        y1 = y + 1;
      }
    }
  }
  return { columns: { from: x0, to: x1 }, rows: { from: y0, to: y1 } };
}
