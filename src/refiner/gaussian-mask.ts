/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { LinearTaps, Span } from './bilinear.js';
import { clipSpan, linearTaps, outputSpan, sourceSpan } from './bilinear.js';
import { gaussianWeightRows, signRows } from './mask-rows.js';
import type { MaskFalloff } from './options.js';
import type { GuidePoints } from './points.js';
import type { RowReader } from './resampled-rows.js';
import { paddedRows, resampledRows } from './resampled-rows.js';
import type { Frame, Mask } from './types.js';

export interface MaskPromptOptions {
  readonly falloff: MaskFalloff;
  readonly amplitude: number;
  readonly spread: number;
}

/** How image pixels become the mask prompt's cells: tables that depend on the frame alone. */
export interface MaskPromptTaps {
  /** Image → resized. */
  readonly columnsToInput: LinearTaps;
  readonly rowsToInput: LinearTaps;
  /** `inputSize` → `maskSize`, the same for rows and columns. */
  readonly toMask: LinearTaps;
}

export function maskPromptTapsFor(frame: Frame): MaskPromptTaps {
  return {
    columnsToInput: linearTaps(frame.imageWidth, frame.resizedWidth),
    rowsToInput: linearTaps(frame.imageHeight, frame.resizedHeight),
    toMask: linearTaps(frame.inputSize, frame.maskSize),
  };
}

/**
 * The Gaussian-style mask prompt, `[maskSize, maskSize]` logits over the whole input frame. The mask as ±1 and its
 * weights (0 on the background) are each resized bilinearly to the frame, padded with −1 and 0 and resized to
 * `maskSize`; the sign of the first times the amplitude is then weighted by the second.
 *
 * `depth` (official `utils.py` `extract_mask`): background cells are weighted too, with 1 where the weight is 0.
 * `centre` (paper section 3.2): background cells are all −amplitude.
 *
 * Cells that no pixel of the mask's box reaches are −amplitude and are not computed.
 */
export function maskPrompt(
  mask: Mask,
  points: GuidePoints,
  frame: Frame,
  options: MaskPromptOptions,
  taps: MaskPromptTaps = maskPromptTapsFor(frame),
): Float32Array {
  const { amplitude } = options;
  const logits = new Float32Array(frame.maskSize * frame.maskSize).fill(-amplitude);
  const { box } = mask;
  const columns = reachedCells(taps.columnsToInput, taps.toMask, { from: box.x0, to: box.x1 });
  const rows = reachedCells(taps.rowsToInput, taps.toMask, { from: box.y0, to: box.y1 });
  if (columns.from >= columns.to) return logits;

  const read = imageColumns(taps, frame, columns);
  const readSign = cellRows(signRows(mask, read), read, -1, frame, taps, columns);
  const weights = gaussianWeightRows(mask, points, options.falloff, options.spread, read);
  const readWeight = cellRows(weights, read, 0, frame, taps, columns);
  const weighsBackground = options.falloff === 'depth';
  for (let row = rows.from; row < rows.to; row++) {
    const signs = readSign(row);
    const weightRow = readWeight(row);
    const start = row * frame.maskSize + columns.from;
    for (let i = 0; i < signs.length; i++) {
      const weight = weightRow[i]! <= 0 ? 1 : weightRow[i]!;
      if (signs[i]! > 0) logits[start + i] = amplitude * weight;
      else if (weighsBackground) logits[start + i] = -amplitude * weight;
    }
  }
  return logits;
}

/** The prompt's cells that depend on any image pixel of `pixels`, along one axis. */
function reachedCells(toInput: LinearTaps, toMask: LinearTaps, pixels: Span): Span {
  return outputSpan(toMask, outputSpan(toInput, pixels));
}

/** The image columns that the cells read. */
function imageColumns(taps: MaskPromptTaps, frame: Frame, cells: Span): Span {
  return sourceSpan(taps.columnsToInput, clipSpan(sourceSpan(taps.toMask, cells), frame.resizedWidth));
}

/** Rows of a picture of the image brought to the prompt's cells, with `padding` where the frame has no image. */
function cellRows(
  picture: RowReader,
  pictureColumns: Span,
  padding: number,
  frame: Frame,
  taps: MaskPromptTaps,
  cells: Span,
): RowReader {
  const inputColumns = sourceSpan(taps.toMask, cells);
  const resized = resampledRows(
    picture,
    pictureColumns.from,
    taps.columnsToInput,
    taps.rowsToInput,
    clipSpan(inputColumns, frame.resizedWidth),
  );
  const padded = paddedRows(resized, frame.resizedHeight, inputColumns.to - inputColumns.from, padding);
  return resampledRows(padded, inputColumns.from, taps.toMask, taps.toMask, cells);
}
