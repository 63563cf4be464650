/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { Mask } from '../refiner/types.js';

/** Foreground as half-open runs of row-major pixel indices: `bounds` holds start, end, start, end, … ascending. */
export interface PixelRuns {
  bounds: Uint32Array;
  /** Used entries of `bounds`. */
  length: number;
}

export function noRuns(): PixelRuns {
  return { bounds: new Uint32Array(256), length: 0 };
}

/** Appends `[start, end)`, joining it to the last run when they touch. Runs come in ascending order. */
export function addRun(runs: PixelRuns, start: number, end: number): void {
  if (end <= start) return;
  if (runs.length > 0 && runs.bounds[runs.length - 1] === start) {
    runs.bounds[runs.length - 1] = end;
    return;
  }
  if (runs.length === runs.bounds.length) {
    const grown = new Uint32Array(runs.bounds.length * 2);
    grown.set(runs.bounds);
    runs.bounds = grown;
  }
  runs.bounds[runs.length] = start;
  runs.bounds[runs.length + 1] = end;
  runs.length += 2;
}

/** The mask of the runs, cropped to its tight box. Costs the runs and the box, not the image. */
export function maskFromRuns(runs: PixelRuns, imageWidth: number, imageHeight: number): Mask {
  if (runs.length === 0) {
    return { imageWidth, imageHeight, box: { x0: 0, y0: 0, x1: 0, y1: 0 }, data: new Uint8Array(0) };
  }
  const box = boxOfRuns(runs, imageWidth);
  const boxWidth = box.x1 - box.x0;
  const data = new Uint8Array(boxWidth * (box.y1 - box.y0));
  for (let i = 0; i < runs.length; i += 2) {
    const end = runs.bounds[i + 1]!;
    let start = runs.bounds[i]!;
    while (start < end) {
      const y = Math.floor(start / imageWidth);
      const rowEnd = Math.min(end, (y + 1) * imageWidth);
      const offset = (y - box.y0) * boxWidth - box.x0 - y * imageWidth;
      data.fill(1, offset + start, offset + rowEnd);
      start = rowEnd;
    }
  }
  return { imageWidth, imageHeight, box, data };
}

function boxOfRuns(runs: PixelRuns, imageWidth: number): Mask['box'] {
  let x0 = imageWidth;
  let x1 = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const start = runs.bounds[i]!;
    const last = runs.bounds[i + 1]! - 1;
    const rowStart = Math.floor(start / imageWidth) * imageWidth;
    const wraps = last >= rowStart + imageWidth;
    x0 = Math.min(x0, wraps ? 0 : start - rowStart);
    x1 = Math.max(x1, wraps ? imageWidth : last - rowStart + 1);
  }
  const y0 = Math.floor(runs.bounds[0]! / imageWidth);
  const y1 = Math.floor((runs.bounds[runs.length - 1]! - 1) / imageWidth) + 1;
  return { x0, y0, x1, y1 };
}

/** The mask's foreground runs in the whole image, joined across row ends where the foreground continues. */
export function runsOfMask(mask: Mask): PixelRuns {
  const { box, data, imageWidth } = mask;
  const boxWidth = box.x1 - box.x0;
  const runs = noRuns();
  for (let y = box.y0; y < box.y1; y += 1) {
    const rowStart = (y - box.y0) * boxWidth;
    const rowEnd = rowStart + boxWidth;
    const toImage = y * imageWidth + box.x0 - rowStart;
    let i = rowStart;
    while (i < rowEnd) {
      while (i < rowEnd && data[i] === 0) i += 1;
      const start = i;
      while (i < rowEnd && data[i] !== 0) i += 1;
      addRun(runs, toImage + start, toImage + i);
    }
  }
  return runs;
}
