import fc from 'fast-check';
import type { Mask } from '../../src/refiner/types.js';

/** A whole image of 0 and 1, row by row: the plainest form of a mask, to check the codecs against. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

export function bitmapOf(mask: Mask): Uint8Array {
  const pixels = new Uint8Array(mask.imageWidth * mask.imageHeight);
  const { x0, y0, x1, y1 } = mask.box;
  for (let y = y0; y < y1; y += 1) {
    const row = mask.data.subarray((y - y0) * (x1 - x0), (y - y0 + 1) * (x1 - x0));
    pixels.set(row, y * mask.imageWidth + x0);
  }
  return pixels;
}

export function tightMask({ width, height, pixels }: Bitmap): Mask {
  const xs: number[] = [];
  const ys: number[] = [];
  pixels.forEach((value, i) => {
    if (value === 0) return;
    xs.push(i % width);
    ys.push(Math.floor(i / width));
  });
  const least = (numbers: number[]): number => numbers.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (numbers: number[]): number => numbers.reduce((a, b) => Math.max(a, b), -Infinity);
  const box =
    xs.length === 0
      ? { x0: 0, y0: 0, x1: 0, y1: 0 }
      : { x0: least(xs), y0: least(ys), x1: most(xs) + 1, y1: most(ys) + 1 };
  const data = new Uint8Array((box.x1 - box.x0) * (box.y1 - box.y0));
  let i = 0;
  for (let y = box.y0; y < box.y1; y += 1) {
    for (let x = box.x0; x < box.x1; x += 1) data[i++] = pixels[y * width + x] ?? 0;
  }
  return { imageWidth: width, imageHeight: height, box, data };
}

/** Small bitmaps made of runs, so that long and short ones both occur. */
export function bitmaps(): fc.Arbitrary<Bitmap> {
  return fc
    .record({
      width: fc.integer({ min: 1, max: 40 }),
      height: fc.integer({ min: 1, max: 40 }),
      lengths: fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 400 })), {
        maxLength: 60,
      }),
    })
    .map(({ width, height, lengths }) => {
      const pixels = new Uint8Array(width * height);
      let at = 0;
      lengths.forEach((length, i) => {
        pixels.fill(i % 2, at, at + length);
        at += length;
      });
      return { width, height, pixels };
    });
}

/** A large image with a few wobbly blobs, as an annotator would paint it. */
export function paintedBlobs(width: number, height: number): Mask {
  const pixels = new Uint8Array(width * height);
  const blobs = [
    [0.3, 0.4, 0.22],
    [0.62, 0.55, 0.3],
    [0.85, 0.2, 0.1],
    [0.1, 0.85, 0.08],
  ] as const;
  for (const [cx, cy, r] of blobs) {
    for (let y = 0; y < height; y += 1) {
      const dy = y / height - cy;
      const wobble = r + 0.02 * Math.sin(y / 9);
      const half = Math.sqrt(Math.max(0, wobble * wobble - dy * dy)) * width;
      if (half > 0) {
        const from = Math.max(0, Math.floor(cx * width - half));
        pixels.fill(1, y * width + from, y * width + Math.min(width, Math.ceil(cx * width + half)));
      }
    }
  }
  const box = { x0: 0, y0: 0, x1: width, y1: height };
  return { imageWidth: width, imageHeight: height, box, data: pixels };
}
