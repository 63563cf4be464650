import { rotationOf } from './rotation.js';
import type { Mask } from './types.js';

/** Corner before rotation, sides in image pixels; turned by `rotationDegrees` clockwise about that corner. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly rotationDegrees: number;
}

/** Keeps the outermost pixel centres off the outline, where it would depend on rounding whether they are inside. */
const MARGIN_PX = 1e-6;

/**
 * The tightest rectangle of a given rotation that holds all pixel centres of a mask that is not empty. At multiples of
 * 90° that is the box of the pixels. At other angles the sides lie between the outermost pixel centres and the outermost
 * pixel corners, where the rectangle has the mask's area if it can: a mask that was drawn as such a rectangle gives it
 * back.
 */
export function tightRectangle(mask: Mask, rotationDegrees: number): Rectangle {
  const { cos, sin } = rotationOf(rotationDegrees);
  let [minU, maxU, minV, maxV, areaPx] = [Infinity, -Infinity, Infinity, -Infinity, 0];
  const { box, data } = mask;
  const boxWidth = box.x1 - box.x0;
  for (let row = 0; row < box.y1 - box.y0; row++) {
    const line = data.subarray(row * boxWidth, (row + 1) * boxWidth);
    const first = line.indexOf(1);
    if (first < 0) continue;
    for (const value of line) areaPx += value;
    // Of a row only the ends can lie on the rectangle.
    for (const column of [first, line.lastIndexOf(1)]) {
      const x = box.x0 + column + 0.5;
      const y = box.y0 + row + 0.5;
      minU = Math.min(minU, x * cos + y * sin);
      maxU = Math.max(maxU, x * cos + y * sin);
      minV = Math.min(minV, y * cos - x * sin);
      maxV = Math.max(maxV, y * cos - x * sin);
    }
  }
  const padding = rotationDegrees % 90 === 0 ? 0.5 : paddingPx(maxU - minU, maxV - minV, areaPx, cos, sin);
  return {
    x: (minU - padding) * cos - (minV - padding) * sin,
    y: (minU - padding) * sin + (minV - padding) * cos,
    width: maxU - minU + 2 * padding,
    height: maxV - minV + 2 * padding,
    rotationDegrees,
  };
}

/** What to add on every side so that (width + 2p) · (height + 2p) is the area, within what a pixel allows. */
function paddingPx(width: number, height: number, areaPx: number, cos: number, sin: number): number {
  const halfSum = (width + height) / 2;
  const padding = (Math.sqrt(halfSum * halfSum + areaPx - width * height) - halfSum) / 2;
  const pixelReach = (Math.abs(cos) + Math.abs(sin)) / 2;
  // The root of a negative number is NaN: a mask that fills so little of its rectangle needs no padding.
  return Math.min(Math.max(Number.isNaN(padding) ? 0 : padding, MARGIN_PX), pixelReach);
}
