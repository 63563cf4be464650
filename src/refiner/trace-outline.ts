/* eslint-disable @typescript-eslint/no-non-null-assertion -- the bitmap has a border of background, which no walk leaves */
import type { Mask } from './types.js';

/** One closed outline of a mask. */
export interface Outline {
  /** Corners x0, y0, x1, y1, … in image pixels, at integers, only where the outline turns. */
  readonly ring: readonly number[];
  /** Pixels enclosed; negative for the outline of a hole. */
  readonly areaPx: number;
}

const EAST = 0;
const WEST = 2;
const DX = [1, 0, -1, 0] as const;
const DY = [0, 1, 0, -1] as const;

/**
 * Follows the cracks between foreground and background with the foreground on the right hand: one outline for each
 * 8-connected component (clockwise on the screen) and one for each 4-connected hole (counter-clockwise), in row-major
 * order of their first crack. Filling all of them by the even-odd rule gives the mask again, pixel for pixel.
 */
export function traceOutlines(mask: Mask): readonly Outline[] {
  const { box } = mask;
  const width = box.x1 - box.x0;
  const height = box.y1 - box.y0;
  const stride = width + 2;
  const bitmap = withBorder(mask, stride);
  const outlines: Outline[] = [];
  for (let y = 0; y < height; y++) {
    const row = (y + 1) * stride + 1;
    for (let x = 0; x < width; x++) {
      // 1 is foreground whose upper crack was not walked yet, 3 foreground whose upper crack was.
      if (bitmap[row + x] !== 1 || bitmap[row + x - stride] !== 0) continue;
      outlines.push(followCracks(bitmap, stride, row + x, box.x0 + x, box.y0 + y));
    }
  }
  return outlines;
}

/** Walks from the upper left corner of a pixel eastwards until it is back. A corner is named by the pixel below right. */
function followCracks(bitmap: Uint8Array, stride: number, start: number, x0: number, y0: number): Outline {
  const steps = [1, stride, -1, -stride] as const;
  const aheadLeft = [-stride, 0, -1, -stride - 1] as const;
  const aheadRight = [0, -1, -stride - 1, -stride] as const;
  const ring: number[] = [];
  let corner = start;
  let direction = EAST;
  let x = x0;
  let y = y0;
  let areaPx = 0;
  do {
    if (direction === EAST) {
      bitmap[corner] = 3;
      areaPx -= y;
    } else if (direction === WEST) {
      areaPx += y;
    }
    corner += steps[direction]!;
    x += DX[direction]!;
    y += DY[direction]!;
    // Left before straight: foreground that touches only at this corner belongs together.
    if (bitmap[corner + aheadLeft[direction]!] !== 0) direction = (direction + 3) & 3;
    else if (bitmap[corner + aheadRight[direction]!] === 0) direction = (direction + 1) & 3;
    else continue;
    ring.push(x, y);
  } while (corner !== start || direction !== EAST);
  return { ring, areaPx };
}

function withBorder(mask: Mask, stride: number): Uint8Array {
  const { box, data } = mask;
  const width = box.x1 - box.x0;
  const height = box.y1 - box.y0;
  const bitmap = new Uint8Array(stride * (height + 2));
  for (let y = 0; y < height; y++) {
    bitmap.set(data.subarray(y * width, (y + 1) * width), (y + 1) * stride + 1);
  }
  return bitmap;
}
