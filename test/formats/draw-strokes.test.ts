import fc from 'fast-check';
import assert from 'node:assert/strict';
import test from 'node:test';
import { RefinerError } from '../../src/errors.js';
import { drawStrokes } from '../../src/formats/draw-strokes.js';
import { encodeBrushRle } from '../../src/formats/label-studio-rle.js';
import { encodeMaskPng } from '../../src/formats/mask-image.js';
import type { BrushStroke } from '../../src/formats/rough-shape.js';
import { shapeToMask } from '../../src/formats/shape-to-mask.js';
import { emptyMask, maskFromBitmap } from '../../src/refiner/mask.js';
import type { Size } from '../../src/refiner/types.js';
import { bitmapOf } from '../support/bitmaps.js';

const IMAGE: Size = { width: 50, height: 40 };

function strokes(image: Size): fc.Arbitrary<BrushStroke[]> {
  const point = fc.tuple(
    fc.double({ min: -20, max: 120, noNaN: true }),
    fc.double({ min: -20, max: 120, noNaN: true }),
  );
  return fc.array(
    fc.record({
      erases: fc.boolean(),
      path: fc.array(point, { minLength: 0, maxLength: 5 }).map((points) => points.flat()),
      widthPercent: fc.double({ min: 0, max: 3000 / image.width, noNaN: true }),
    }),
    { maxLength: 4 },
  );
}

/** Every pixel centre measured against every line of every stroke. */
function painted(drawn: readonly BrushStroke[], under: Uint8Array, { width, height }: Size): Float64Array {
  const pixels = Float64Array.from(under);
  for (const { erases, path, widthPercent } of drawn) {
    for (let pixel = 0; pixel < pixels.length; pixel += 1) {
      const x = (pixel % width) + 0.5;
      const y = Math.floor(pixel / width) + 0.5;
      const short = (widthPercent * width) / 200 - distanceTo(path, x, y, width, height);
      // On the very edge rounding decides.
      if (Math.abs(short) < 1e-9) pixels[pixel] = NaN;
      else if (short > 0) pixels[pixel] = erases ? 0 : 1;
    }
  }
  return pixels;
}

function distanceTo(path: readonly number[], x: number, y: number, width: number, height: number): number {
  let least = Infinity;
  const at = (i: number): readonly [number, number] => [
    ((path[i] ?? 0) * width) / 100,
    ((path[i + 1] ?? 0) * height) / 100,
  ];
  for (let i = 0; i < path.length; i += 2) {
    const [ax, ay] = at(Math.max(0, i - 2));
    const [bx, by] = at(i);
    const length = Math.hypot(bx - ax, by - ay);
    const share = length === 0 ? 0 : ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / (length * length);
    const foot = Math.min(1, Math.max(0, share));
    least = Math.min(least, Math.hypot(x - ax - foot * (bx - ax), y - ay - foot * (by - ay)));
  }
  return least;
}

test('strokes cover the pixels within half their width of their path, in their order, over what was there', () => {
  const under = new Uint8Array(IMAGE.width * IMAGE.height);
  for (let i = 0; i < under.length; i += 1) under[i] = i % IMAGE.width > 30 ? 1 : 0;
  const mask = maskFromBitmap(under, IMAGE.width, IMAGE.height);
  fc.assert(
    fc.property(strokes(IMAGE), (drawn) => {
      const wanted = painted(drawn, under, IMAGE);
      const pixels = bitmapOf(drawStrokes(drawn, mask, IMAGE));
      pixels.forEach((value, i) => {
        if (!Number.isNaN(wanted[i])) assert.equal(value, wanted[i], `pixel ${i}`);
      });
    }),
  );
});

test('a single point is a dot, and width is a share of the image’s width on both axes', () => {
  const dot = drawStrokes([{ erases: false, path: [50, 50], widthPercent: 20 }], emptyMask(IMAGE), IMAGE);
  assert.deepEqual(dot.box, { x0: 20, y0: 15, x1: 30, y1: 25 });
});

test('an eraser over nothing and strokes without points leave an empty mask', () => {
  const drawn = [
    { erases: true, path: [50, 50, 60, 60], widthPercent: 20 },
    { erases: false, path: [], widthPercent: 20 },
  ];
  assert.equal(drawStrokes(drawn, emptyMask(IMAGE), IMAGE).data.length, 0);
});

test('strokes lie over a brush code and a mask image', async () => {
  const left = maskFromBitmap(
    new Uint8Array(2000).map((_, i) => (i % 50 < 5 ? 1 : 0)),
    50,
    40,
  );
  const right = maskFromBitmap(
    new Uint8Array(2000).map((_, i) => (i % 50 >= 45 ? 1 : 0)),
    50,
    40,
  );
  const mask = await shapeToMask(
    {
      kind: 'brush-strokes',
      under: [
        { kind: 'brush-rle', rle: encodeBrushRle(left), ...IMAGE },
        { kind: 'image', bytes: await encodeMaskPng(right) },
      ],
      strokes: [{ erases: true, path: [-50, 0, 150, 0], widthPercent: 40 }],
    },
    IMAGE,
  );
  assert.deepEqual(mask.box, { x0: 0, y0: 10, x1: 50, y1: 40 });
  assert.equal(
    mask.data.reduce((sum, value) => sum + value, 0),
    30 * 10,
  );
});

for (const [what, stroke] of [
  ['a path of odd length', { path: [1, 2, 3], widthPercent: 1 }],
  ['a negative width', { path: [1, 2], widthPercent: -1 }],
  ['a coordinate that is not finite', { path: [1, NaN], widthPercent: 1 }],
  ['a width that is not a number', { path: [1, 2], widthPercent: NaN }],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(
      () => drawStrokes([{ erases: false, ...stroke }], emptyMask(IMAGE), IMAGE),
      (error) => error instanceof RefinerError && error.code === 'SHAPE_INVALID',
    );
  });
}

test('strokes that would keep a worker busy for long are refused before anything is painted', () => {
  const path = Array.from({ length: 40_000 }, (_, i) => (i % 4 < 2 ? 0 : 100));
  const large = { width: 10_000, height: 10_000 };
  assert.throws(
    () => drawStrokes([{ erases: false, path, widthPercent: 1 }], emptyMask(large), large),
    (error) => error instanceof RefinerError && error.code === 'SHAPE_INVALID',
  );
});
