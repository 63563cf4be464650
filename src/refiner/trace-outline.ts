/* eslint-disable @typescript-eslint/no-non-null-assertion -- the bitmap has a border of background, which no walk leaves */
import type { Mask, Point } from './types.js';

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
 * `isWanted` may leave outlines out by their place in that order.
 */
export function traceOutlines(
  mask: Mask,
  isWanted: (index: number) => boolean = () => true,
): readonly Outline[] {
  const outlines: Outline[] = [];
  let index = 0;
  walkOutlines(mask, (walk) => {
    const ring: number[] = [];
    const areaPx = walk(isWanted(index++) ? ring : null);
    if (ring.length > 0) outlines.push({ ring, areaPx });
  });
  return outlines;
}

/** The areas of all outlines, in the order of `traceOutlines`: noise has millions, too many to keep their corners. */
export function outlineAreasPx(mask: Mask): Float64Array {
  const areas: number[] = [];
  walkOutlines(mask, (walk) => areas.push(walk(null)));
  return Float64Array.from(areas);
}

/** Calls `visit` for every outline with a function that walks it, collects its corners and returns its area. */
function walkOutlines(mask: Mask, visit: (walk: (ring: number[] | null) => number) => void): void {
  const { box } = mask;
  const width = box.x1 - box.x0;
  const height = box.y1 - box.y0;
  const stride = width + 2;
  const bitmap = withBorder(mask, stride);
  for (let y = 0; y < height; y++) {
    const row = (y + 1) * stride + 1;
    for (let x = 0; x < width; x++) {
      // 1 is foreground whose upper crack was not walked yet, 3 foreground whose upper crack was.
      if (bitmap[row + x] !== 1 || bitmap[row + x - stride] !== 0) continue;
      visit((ring) => followCracks(bitmap, stride, row + x, box.x0 + x, box.y0 + y, ring));
    }
  }
}

/** The outer outline of the component whose first pixel, row-major, is at (x, y). */
export function traceOutlineFrom(mask: Mask, { x, y }: Point): Outline {
  const stride = mask.box.x1 - mask.box.x0 + 2;
  const start = (y - mask.box.y0 + 1) * stride + (x - mask.box.x0 + 1);
  const ring: number[] = [];
  const areaPx = followCracks(withBorder(mask, stride), stride, start, x, y, ring);
  return { ring, areaPx };
}

/** Walks from the upper left corner of a pixel eastwards until it is back. A corner is named by the pixel below right. */
function followCracks(
  bitmap: Uint8Array,
  stride: number,
  start: number,
  x0: number,
  y0: number,
  ring: number[] | null,
): number {
  const steps = [1, stride, -1, -stride] as const;
  const aheadLeft = [-stride, 0, -1, -stride - 1] as const;
  const aheadRight = [0, -1, -stride - 1, -stride] as const;
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
    ring?.push(x, y);
  } while (corner !== start || direction !== EAST);
  return areaPx;
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
