/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over arrays */
import { RefinerError } from '../errors.js';
import { tightenMask } from '../refiner/mask.js';
import type { Box, Mask, Size } from '../refiner/types.js';

/** Numbers after the runs: left, top, right, bottom. */
const BOX_NUMBERS = 4;

/**
 * Decodes the points of a CVAT mask: lengths of background and foreground runs in turn, background first, row by row
 * inside a box, then the box as pixel indices left, top, right, bottom, all inclusive. The box may be loose, runs may
 * be 0 long; the result may be empty. Throws RLE_INVALID for numbers that cannot be, RLE_SIZE_MISMATCH for a box that
 * leaves the image or that the runs do not fill; nothing of the mask's size is allocated before that is known.
 * Source: cvat-sdk/cvat_sdk/masks.py, protocol note, section 4.
 */
export function decodeCvatMask(points: readonly number[], image: Size): Mask {
  const runs = points.length - BOX_NUMBERS;
  if (runs < 1) {
    throw damaged('the points', 'at least one run and four numbers of the box', `${points.length} numbers`);
  }
  const box = boxOf(points, image);
  const areaPx = (box.x1 - box.x0) * (box.y1 - box.y0);
  requireFilled(points, runs, areaPx);
  const data = new Uint8Array(areaPx);
  let pixel = 0;
  for (let i = 0; i < runs; i += 1) {
    const end = pixel + points[i]!;
    if (i % 2 === 1) data.fill(1, pixel, end);
    pixel = end;
  }
  return tightenMask({ imageWidth: image.width, imageHeight: image.height, box, data });
}

/**
 * Encodes a mask that is not empty as `decodeCvatMask` reads it, with the tight box and integers only, number for
 * number as CVAT's SDK does. Throws SHAPE_INVALID for an empty mask, for which CVAT has no form.
 */
export function encodeCvatMask(mask: Mask): number[] {
  const { box, data } = mask;
  if (data.length === 0) {
    throw new RefinerError('SHAPE_INVALID', {
      where: 'the mask for CVAT',
      expected: 'at least one foreground pixel',
      received: 'none',
    });
  }
  const points: number[] = [];
  let value = 0;
  let start = 0;
  for (let i = 0; i < data.length; i += 1) {
    if (data[i] === value) continue;
    points.push(i - start);
    start = i;
    value = 1 - value;
  }
  points.push(data.length - start, box.x0, box.y0, box.x1 - 1, box.y1 - 1);
  return points;
}

function boxOf(points: readonly number[], { width, height }: Size): Box {
  const [left = NaN, top = NaN, right = NaN, bottom = NaN] = points.slice(-BOX_NUMBERS);
  const whole = [left, top, right, bottom].every((side) => Number.isSafeInteger(side));
  const inside = left >= 0 && top >= 0 && left <= right && top <= bottom && right < width && bottom < height;
  if (!whole || !inside) {
    throw new RefinerError('RLE_SIZE_MISMATCH', {
      where: 'the box of the mask',
      expected: `left, top, right, bottom inside ${width} × ${height} pixels`,
      received: [left, top, right, bottom].join(', ').slice(0, 80),
    });
  }
  return { x0: left, y0: top, x1: right + 1, y1: bottom + 1 };
}

/** Refuses runs that are not the lengths of stretches, or that together are not the box. */
function requireFilled(points: readonly number[], runs: number, areaPx: number): void {
  let sumPx = 0;
  for (let i = 0; i < runs; i += 1) {
    const run = points[i]!;
    if (!Number.isSafeInteger(run) || run < 0) {
      throw damaged(`run ${i}`, 'an integer of 0 or more', String(run).slice(0, 40));
    }
    sumPx += run;
    if (sumPx > areaPx) break;
  }
  if (sumPx === areaPx) return;
  throw new RefinerError('RLE_SIZE_MISMATCH', {
    where: 'the runs of the mask',
    expected: `${areaPx} pixels, as its box has`,
    received: sumPx > areaPx ? 'more' : `${sumPx}`,
  });
}

function damaged(where: string, expected: string, received: string): RefinerError {
  return new RefinerError('RLE_INVALID', { where, expected, received });
}
