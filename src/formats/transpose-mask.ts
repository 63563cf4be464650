/* eslint-disable @typescript-eslint/no-non-null-assertion -- indices are bounded by the loops over typed arrays */
import type { Mask } from '../refiner/types.js';

/** Side of the square tiles that are turned one by one, so that both sides of a tile stay in the cache. */
const TILE = 32;

/** Swaps x and y of a mask and of its image, so that row-major code can serve column-major formats. */
export function transposeMask(mask: Mask): Mask {
  const { x0, y0, x1, y1 } = mask.box;
  return {
    imageWidth: mask.imageHeight,
    imageHeight: mask.imageWidth,
    box: { x0: y0, y0: x0, x1: y1, y1: x1 },
    data: transpose(mask.data, x1 - x0, y1 - y0),
  };
}

function transpose(data: Uint8Array, width: number, height: number): Uint8Array {
  const turned = new Uint8Array(data.length);
  for (let top = 0; top < height; top += TILE) {
    const bottom = Math.min(height, top + TILE);
    for (let left = 0; left < width; left += TILE) {
      const right = Math.min(width, left + TILE);
      for (let y = top; y < bottom; y += 1) {
        for (let x = left; x < right; x += 1) turned[x * height + y] = data[y * width + x]!;
      }
    }
  }
  return turned;
}
