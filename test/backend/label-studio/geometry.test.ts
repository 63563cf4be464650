import assert from 'node:assert/strict';
import fc from 'fast-check';
import test from 'node:test';
import { createShapeReader } from '../../../src/backend/label-studio/read-shape.js';
import { findRegions, type Region } from '../../../src/backend/label-studio/region.js';
import { geometryOf } from '../../../src/backend/label-studio/write-geometry.js';
import type { RefinedShape, RoughShape } from '../../../src/formats/rough-shape.js';
import type { Size } from '../../../src/refiner/types.js';

const readShape = createShapeReader();
const sizes = fc.record({
  width: fc.integer({ min: 1, max: 9000 }),
  height: fc.integer({ min: 1, max: 9000 }),
});
const share = fc.double({ min: 0, max: 1, noNaN: true });

function region(type: string, value: unknown, size: Partial<Size> = { width: 100, height: 50 }): Region {
  const frame = { original_width: size.width, original_height: size.height };
  const [found] = findRegions([{ ...frame, id: 'r', from_name: 'c', to_name: 'image', type, value }]);
  assert.ok(found);
  return found;
}

function read(type: string, value: unknown, size?: Partial<Size>): RoughShape {
  return readShape(region(type, value, size)).shape;
}

function near(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`);
}

test('a polygon in pixels, written in percent and read again, is the same polygon', () => {
  fc.assert(
    fc.property(sizes, fc.array(fc.tuple(share, share), { minLength: 3, maxLength: 20 }), (size, corners) => {
      const ring = corners.flatMap(([x, y]) => [x * size.width, y * size.height]);
      const shape = read('polygon', geometryOf({ kind: 'polygon', ring, iouToMask: 1 }, size, 0));
      assert.ok(shape.kind === 'polygon' && shape.unit === 'percent');
      shape.rings[0]?.forEach((percent, i) => {
        near((percent / 100) * (i % 2 === 0 ? size.width : size.height), ring[i] ?? NaN);
      });
    }),
  );
});

test('a box in pixels, written in percent and read again, is the same box', () => {
  fc.assert(
    fc.property(sizes, share, share, fc.integer({ min: 0, max: 359 }), (size, left, top, rotationDegrees) => {
      const [width, height] = [(1 - left) * size.width + 0.01, (1 - top) * size.height + 0.01];
      const box = {
        x: left * size.width,
        y: top * size.height,
        width: Math.min(width, size.width),
        height: Math.min(height, size.height),
        rotationDegrees,
      };
      const shape = read('rectangle', geometryOf({ kind: 'rectangle', ...box }, size, 0));
      assert.ok(shape.kind === 'rectangle');
      near((shape.x / 100) * size.width, box.x);
      near((shape.height / 100) * size.height, box.height);
      assert.equal(shape.rotationDegrees, rotationDegrees);
    }),
  );
});

test('an ellipse is written with radii within 50 % and covers the same points', () => {
  const size = { width: 100, height: 1000 };
  const tall: RefinedShape = {
    kind: 'ellipse',
    x: 50,
    y: 500,
    radiusX: 400,
    radiusY: 20,
    rotationDegrees: 90,
  };
  const value = geometryOf(tall, size, 0);
  assert.deepEqual(value, { x: 50, y: 50, radiusX: 20, radiusY: 40, rotation: 0 });
  assert.equal(geometryOf({ ...tall, rotationDegrees: 45, radiusY: 600 }, size, 0), null);
});

test('among the writings of an ellipse the one turned most like the rough ellipse is taken', () => {
  const size = { width: 100, height: 100 };
  const round: RefinedShape = {
    kind: 'ellipse',
    x: 50,
    y: 50,
    radiusX: 20,
    radiusY: 10,
    rotationDegrees: -15,
  };
  assert.equal(geometryOf(round, size, 345)?.['rotation'], 345);
  assert.equal(geometryOf(round, size, 70)?.['rotation'], 75);
});

test('coordinates are kept within 0 to 100, and a turned box that does not fit is not written', () => {
  const size = { width: 100, height: 100 };
  const polygon = geometryOf({ kind: 'polygon', ring: [-1, 0, 101, 0, 50, 100.5], iouToMask: 1 }, size, 0);
  assert.deepEqual(polygon, { points: [[0, 0], [100, 0], [50, 100]], closed: true }); // prettier-ignore
  const box: RefinedShape = { kind: 'rectangle', x: -1, y: 5, width: 102, height: 10, rotationDegrees: 0 };
  assert.deepEqual(geometryOf(box, size, 0), { x: 0, y: 5, width: 100, height: 10, rotation: 0 });
  assert.equal(geometryOf({ ...box, rotationDegrees: 30 }, size, 0), null);
});

test('a brush is read from numbers and from packed bytes alike', () => {
  const expected = { kind: 'brush-rle', rle: Uint8Array.of(0, 1, 255), width: 100, height: 50 };
  assert.deepEqual(read('brushlabels', { format: 'rle', rle: [0, 1, 255] }), expected);
  assert.deepEqual(read('brushlabels', { format: 'rle', rle: Uint8Array.of(0, 1, 255) }), expected);
});

const TOUCHES = [
  {
    id: 'a',
    type: 'add',
    points: [9, 9],
    relativePoints: [10, 20, 30, 40],
    strokeWidth: 15,
    relativeStrokeWidth: 2.5,
  },
  { type: 'eraser', relativePoints: [10, 20], relativeStrokeWidth: 5, eraserSize: 25 },
];
const STROKES = [
  { erases: false, path: [10, 20, 30, 40], widthPercent: 2.5 },
  { erases: true, path: [10, 20], widthPercent: 5 },
];

test('the strokes of a draft are read in percent and in their order, over its code and its image', () => {
  assert.deepEqual(read('brushlabels', { format: 'rle', touches: TOUCHES }), {
    kind: 'brush-strokes',
    under: [],
    strokes: STROKES,
  });
  const url = `data:image/png;base64,${Buffer.from([1, 2]).toString('base64')}`;
  const image = { kind: 'image', bytes: Uint8Array.of(1, 2) };
  const code = { kind: 'brush-rle', rle: Uint8Array.of(7), width: 100, height: 50 };
  assert.deepEqual(read('brush', { format: 'rle', rle: [7], touches: TOUCHES, maskDataURL: url }), {
    kind: 'brush-strokes',
    under: [code, image],
    strokes: STROKES,
  });
  assert.deepEqual(read('brush', { format: 'rle', maskDataURL: url }), image);
  assert.deepEqual(read('brush', { format: 'rle', rle: [7], touches: [] }), code);
});

test('the size a shape was made for is null when the result does not say', () => {
  const value = { x: 1, y: 1, width: 5, height: 5 };
  assert.deepEqual(readShape(region('rectangle', value)).madeFor, { width: 100, height: 50 });
  assert.equal(readShape(region('rectangle', value, {})).madeFor, null);
});

test('a bitmask is read from its data URL', () => {
  const url = `data:image/png;base64,${Buffer.from([1, 2, 3]).toString('base64')}`;
  assert.deepEqual(read('bitmasklabels', { imageDataURL: url }), {
    kind: 'image',
    bytes: Uint8Array.of(1, 2, 3),
  });
});

const UNREADABLE: readonly (readonly [string, string, unknown, Partial<Size>?])[] = [
  ['a polygon of two points', 'polygon', { points: [[1, 1], [2, 2]] }], // prettier-ignore
  ['a polygon with a missing number', 'polygon', { points: [[1, 1], [2, null], [3, 3]] }], // prettier-ignore
  ['a polygon of NaN', 'polygon', { points: [[1, 1], [2, NaN], [3, 3]] }], // prettier-ignore
  ['a polygon far outside', 'polygon', { points: [[1, 1], [2, 1e9], [3, 3]] }], // prettier-ignore
  ['points that are no list', 'polygon', { points: 'x' }],
  ['a box without height', 'rectangle', { x: 1, y: 1, width: 5, height: 0 }],
  ['a box without a corner', 'rectangle', { width: 5, height: 5 }],
  ['an ellipse with a negative radius', 'ellipse', { x: 1, y: 1, radiusX: -1, radiusY: 5 }],
  ['a brush without size', 'brush', { format: 'rle', rle: [1] }, {}],
  [
    'a brush of another size than whole pixels',
    'brush',
    { format: 'rle', rle: [1] },
    { width: 1.5, height: 2 },
  ],
  ['a brush without rle', 'brush', { format: 'rle', touches: [] }],
  ['strokes that are no list', 'brush', { format: 'rle', touches: {} }],
  ['a stroke without its share of the width', 'brush', { touches: [{ relativePoints: [1, 2] }] }],
  ['a stroke far outside', 'brush', { touches: [{ relativePoints: [1, 1e9], relativeStrokeWidth: 1 }] }],
  ['an rle of other numbers', 'brush', { format: 'rle', rle: [1, 256] }],
  ['an rle that is text', 'brush', { format: 'rle', rle: 'AAAA' }],
  ['a bitmask at an address', 'bitmask', { imageDataURL: 'http://example.com/mask.png' }],
];

for (const [name, type, value, size] of UNREADABLE) {
  test(`${name} is refused`, () => {
    assert.throws(() => read(type, value, size), { name: 'RefinerError', code: /^(SHAPE|RLE)_INVALID$/ });
  });
}
