import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { drawRectangle } from '../../src/formats/draw-rectangle.js';
import { intersectionArea, iou } from '../../src/refiner/metrics.js';
import { areaPx } from '../../src/refiner/mask.js';
import { tightRectangle, type Rectangle } from '../../src/refiner/tight-rectangle.js';
import type { Mask, Size } from '../../src/refiner/types.js';
import { anyMask } from './any-mask.js';
import { maskOf } from './drawn-mask.js';

function draw(rectangle: Rectangle, image: Size): Mask {
  return drawRectangle({ kind: 'rectangle', unit: 'pixel', ...rectangle }, image);
}

test('without rotation it is the box of the mask', () => {
  assert.deepEqual(tightRectangle(maskOf('.....', '..#..', '.##..'), 0), {
    ...{ x: 1, y: 1, width: 2, height: 2, rotationDegrees: 0 },
  });
});

test('by quarter turns it is the same box from another corner', () => {
  const mask = maskOf('......', '..##..', '.###..');
  const corners = { 0: [1, 1, 3, 2], 90: [4, 1, 2, 3], 180: [4, 3, 3, 2], 270: [1, 3, 2, 3] };
  for (const [degrees, corner] of Object.entries(corners)) {
    const { x, y, width, height } = tightRectangle(mask, Number(degrees));
    assert.deepEqual([x, y, width, height], corner);
  }
});

test('a drawn rectangle of any rotation comes back', () => {
  const image = { width: 160, height: 160 };
  const rectangle = fc.record({
    x: fc.double({ min: 75, max: 85, noNaN: true }),
    y: fc.double({ min: 75, max: 85, noNaN: true }),
    width: fc.double({ min: 8, max: 50, noNaN: true }),
    height: fc.double({ min: 8, max: 50, noNaN: true }),
    rotationDegrees: fc.double({ min: -360, max: 360, noNaN: true }),
  });
  fc.assert(
    fc.property(rectangle, (drawn) => {
      const mask = draw(drawn, image);
      const found = tightRectangle(mask, drawn.rotationDegrees);
      for (const key of ['x', 'y', 'width', 'height'] as const) {
        assert.ok(Math.abs(found[key] - drawn[key]) < 1.5, `${key} ${found[key]} ${drawn[key]}`);
      }
      assert.ok(iou(draw(found, image), mask) > 1 - 1.5 / Math.min(drawn.width, drawn.height));
    }),
    { numRuns: 300 },
  );
});

test('it holds every pixel of the mask at any rotation', () => {
  fc.assert(
    fc.property(anyMask(), fc.double({ min: -720, max: 720, noNaN: true }), (mask, degrees) => {
      const image = { width: mask.imageWidth, height: mask.imageHeight };
      assert.equal(intersectionArea(draw(tightRectangle(mask, degrees), image), mask), areaPx(mask));
    }),
  );
});
