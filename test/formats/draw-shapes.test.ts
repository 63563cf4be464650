import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { RefinerError } from '../../src/errors.js';
import { drawEllipse } from '../../src/formats/draw-ellipse.js';
import { drawPolygon, MAX_POLYGON_VERTICES } from '../../src/formats/draw-polygon.js';
import { drawRectangle } from '../../src/formats/draw-rectangle.js';
import type { RoughShape } from '../../src/formats/rough-shape.js';
import { areaPx, isEmpty, masksEqual, pixelAt } from '../../src/refiner/mask.js';
import type { Mask } from '../../src/refiner/types.js';

const IMAGE = { width: 64, height: 48 };

type ShapeOf<K extends RoughShape['kind']> = Extract<RoughShape, { kind: K }>;
type Plain<K extends RoughShape['kind']> = Omit<ShapeOf<K>, 'kind' | 'unit'>;

const polygon = (rings: number[][]): ShapeOf<'polygon'> => ({ kind: 'polygon', unit: 'pixel', rings });
const rectangle = (shape: Plain<'rectangle'>): ShapeOf<'rectangle'> => ({
  kind: 'rectangle',
  unit: 'pixel',
  ...shape,
});
const ellipse = (shape: Plain<'ellipse'>): ShapeOf<'ellipse'> => ({
  kind: 'ellipse',
  unit: 'pixel',
  ...shape,
});

const BOX = { x: 10, y: 8, width: 20, height: 12, rotationDegrees: 0 };
const OVAL = { x: 30, y: 20, radiusX: 12, radiusY: 7, rotationDegrees: 0 };
const anywhere = fc.oneof(
  fc.double({ min: -100, max: 160, noNaN: true }),
  fc.double({ min: -1e11, max: 1e11, noNaN: true }),
);
const anyLength = fc.oneof(
  fc.double({ min: 0, max: 100, noNaN: true }),
  fc.double({ min: 0, max: 1e11, noNaN: true }),
);
const anyAngle = fc.double({ min: -1000, max: 1000, noNaN: true });

function assertInvalid(draw: () => Mask, expected: RegExp, received: RegExp): void {
  assert.throws(draw, (error) => {
    assert.ok(error instanceof RefinerError && error.code === 'SHAPE_INVALID');
    assert.match(error.facts.expected ?? '', expected);
    assert.match(error.facts.received ?? '', received);
    return true;
  });
}

function assertWellFormed(mask: Mask): void {
  const { box } = mask;
  assert.equal(mask.data.length, (box.x1 - box.x0) * (box.y1 - box.y0));
  assert.ok(box.x0 >= 0 && box.y0 >= 0 && box.x1 <= IMAGE.width && box.y1 <= IMAGE.height);
}

test('shapes wherever they lie are cut off at the image', () => {
  fc.assert(
    fc.property(anywhere, anywhere, anyLength, anyLength, anyAngle, (x, y, a, b, rotationDegrees) => {
      assertWellFormed(drawRectangle(rectangle({ x, y, width: a, height: b, rotationDegrees }), IMAGE));
      assertWellFormed(drawEllipse(ellipse({ x, y, radiusX: a, radiusY: b, rotationDegrees }), IMAGE));
      assertWellFormed(drawPolygon(polygon([[x, y, a, b, b - x, y + 1, a - 1, x]]), IMAGE));
    }),
    { numRuns: 300 },
  );
});

test('a shape far larger than the image fills it, one beside it is empty', () => {
  const far = 1e12;
  assert.equal(areaPx(drawPolygon(polygon([[-far, -far, far, -far, far, far, -far, far]]), IMAGE)), 64 * 48);
  assert.equal(areaPx(drawEllipse(ellipse({ ...OVAL, radiusX: far, radiusY: far }), IMAGE)), 64 * 48);
  assert.equal(
    areaPx(drawRectangle(rectangle({ ...BOX, x: -far / 2, y: -far / 2, width: far, height: far }), IMAGE)),
    64 * 48,
  );
  assert.ok(isEmpty(drawRectangle(rectangle({ ...BOX, x: 64 }), IMAGE)));
  assert.ok(isEmpty(drawEllipse(ellipse({ ...OVAL, y: -8 }), IMAGE)));
});

test('percent of the image and pixels draw the same', () => {
  const fraction = fc.integer({ min: -32, max: 160 });
  const percent = (value: number): number => (value * 100) / 128;
  fc.assert(
    fc.property(fraction, fraction, fc.nat(128), fc.nat(128), anyAngle, (x, y, a, b, rotationDegrees) => {
      // In 128ths of the image both units are exact.
      const [px, py, pa, pb] = [x / 2, (y * 3) / 8, a / 2, (b * 3) / 8];
      const inPixels = [
        drawRectangle(rectangle({ x: px, y: py, width: pa, height: pb, rotationDegrees }), IMAGE),
        drawEllipse(ellipse({ x: px, y: py, radiusX: pa, radiusY: pb, rotationDegrees }), IMAGE),
        drawPolygon(polygon([[px, py, px + 32, py, pa, 81]]), IMAGE),
      ];
      const place = { unit: 'percent', x: percent(x), y: percent(y) } as const;
      const extent = { width: percent(a), height: percent(b) };
      const radii = { radiusX: percent(a), radiusY: percent(b) };
      const points = [x, y, x + 64, y, a, 216].map(percent);
      const inPercent = [
        drawRectangle({ kind: 'rectangle', ...place, ...extent, rotationDegrees }, IMAGE),
        drawEllipse({ kind: 'ellipse', ...place, ...radii, rotationDegrees }, IMAGE),
        drawPolygon({ kind: 'polygon', unit: 'percent', rings: [points] }, IMAGE),
      ];
      inPixels.forEach((mask, i) => assert.ok(masksEqual(mask, inPercent[i] ?? mask)));
    }),
  );
});

test('a rectangle turns clockwise about its corner', () => {
  const turned = drawRectangle(
    rectangle({ x: 40, y: 10, width: 20, height: 10, rotationDegrees: 90 }),
    IMAGE,
  );
  assert.deepEqual(turned.box, { x0: 30, y0: 10, x1: 40, y1: 30 });
  assert.equal(areaPx(turned), 200);
  const slightly = drawRectangle(
    rectangle({ x: 20, y: 10, width: 30, height: 10, rotationDegrees: 30 }),
    IMAGE,
  );
  // From 20 − 10 sin 30° to 20 + 30 cos 30°; the tip at 10 + 30 sin 30° + 10 cos 30° = 33.66 holds no centre.
  assert.deepEqual([slightly.box.x0, slightly.box.x1, slightly.box.y1], [15, 46, 33]);
});

test('rotation happens in pixels, also where percent make pixels oblong', () => {
  const drawn = drawRectangle(
    { kind: 'rectangle', unit: 'percent', x: 50, y: 0, width: 25, height: 25, rotationDegrees: 90 },
    { width: 200, height: 40 },
  );
  assert.deepEqual(drawn.box, { x0: 90, y0: 0, x1: 100, y1: 40 });
});

test('an ellipse holds the pixels whose centres it holds', () => {
  const angle = fc.double({ min: 0, max: 360, noNaN: true });
  const radius = fc.double({ min: 0.3, max: 30, noNaN: true });
  fc.assert(
    fc.property(
      radius,
      radius,
      angle,
      fc.double({ min: -5, max: 70, noNaN: true }),
      (a, b, rotationDegrees, x) => {
        const mask = drawEllipse(ellipse({ x, y: 20.3, radiusX: a, radiusY: b, rotationDegrees }), IMAGE);
        const turn = (rotationDegrees * Math.PI) / 180;
        for (let row = 0; row < IMAGE.height; row++) {
          for (let column = 0; column < IMAGE.width; column++) {
            const [dx, dy] = [column + 0.5 - x, row + 0.5 - 20.3];
            const u = (dx * Math.cos(turn) + dy * Math.sin(turn)) / a;
            const v = (dy * Math.cos(turn) - dx * Math.sin(turn)) / b;
            const reach = Math.hypot(u, v);
            // On the outline itself rounding decides.
            if (Math.abs(reach - 1) > 1e-9) assert.equal(pixelAt(mask, column, row), reach < 1 ? 1 : 0);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('slivers and shapes without extent are empty masks', () => {
  assert.ok(isEmpty(drawPolygon(polygon([[1, 2.6, 50, 2.7, 50, 3.4]]), IMAGE)));
  assert.ok(isEmpty(drawRectangle(rectangle({ ...BOX, width: 0 }), IMAGE)));
  assert.ok(isEmpty(drawEllipse(ellipse({ ...OVAL, radiusY: 0 }), IMAGE)));
});

test('polygons that cannot be drawn are refused with the reason', () => {
  assertInvalid(() => drawPolygon(polygon([]), IMAGE), /at least one ring/, /none/);
  assertInvalid(() => drawPolygon(polygon([[1, 1, 5, 5]]), IMAGE), /3 distinct points/, /2/);
  assertInvalid(() => drawPolygon(polygon([[1, 1, 5, 5, 1, 1, 5, 5]]), IMAGE), /3 distinct points/, /2/);
  assertInvalid(() => drawPolygon(polygon([[1, 1, 5, 5, 9, 1], []]), IMAGE), /3 distinct points/, /0/);
  assertInvalid(() => drawPolygon(polygon([[1, 1, 5, 5, 9, 1, 3]]), IMAGE), /pairs/, /7 numbers/);
  for (const bad of [NaN, Infinity, -Infinity, 1e13]) {
    assertInvalid(() => drawPolygon(polygon([[1, 1, 5, bad, 9, 1]]), IMAGE), /finite/, /NaN|Infinity|1/);
  }
});

test('absurd polygons are refused before they cost time', () => {
  const many = new Array<number>(2 * MAX_POLYGON_VERTICES + 2).fill(0);
  assertInvalid(() => drawPolygon(polygon([many]), IMAGE), /at most 1000000 vertices/, /1000001/);
  const zigzag = Array.from({ length: 200_000 }, (_, i) => (i % 4 === 3 ? 1e6 : i % 2 === 1 ? -1e6 : i));
  assertInvalid(() => drawPolygon(polygon([zigzag]), { width: 100, height: 16000 }), /rows/, /\d{9}/);
});

test('rectangles and ellipses with impossible numbers are refused with the reason', () => {
  for (const bad of [-1, NaN]) {
    assertInvalid(() => drawRectangle(rectangle({ ...BOX, width: bad }), IMAGE), /0 or more/, /-1|NaN/);
    assertInvalid(() => drawEllipse(ellipse({ ...OVAL, radiusX: bad }), IMAGE), /0 or more/, /-1|NaN/);
  }
  for (const bad of [NaN, Infinity]) {
    assertInvalid(() => drawRectangle(rectangle({ ...BOX, x: bad }), IMAGE), /finite/, /NaN|Infinity/);
    assertInvalid(() => drawEllipse(ellipse({ ...OVAL, y: bad }), IMAGE), /finite/, /NaN|Infinity/);
    assertInvalid(
      () => drawRectangle(rectangle({ ...BOX, rotationDegrees: bad }), IMAGE),
      /rotation/,
      /NaN|Inf/,
    );
    assertInvalid(
      () => drawEllipse(ellipse({ ...OVAL, rotationDegrees: bad }), IMAGE),
      /rotation/,
      /NaN|Inf/,
    );
  }
  assertInvalid(() => drawRectangle(rectangle({ ...BOX, height: Infinity }), IMAGE), /finite/, /Infinity/);
});
