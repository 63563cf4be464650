import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { drawEllipse } from '../../src/formats/draw-ellipse.js';
import type { Ellipse } from '../../src/refiner/ellipse.js';
import { fitEllipse } from '../../src/refiner/fit-ellipse.js';
import { isEmpty } from '../../src/refiner/mask.js';
import { iou } from '../../src/refiner/metrics.js';
import type { Mask } from '../../src/refiner/types.js';
import { anyMask } from './any-mask.js';
import { maskOf } from './drawn-mask.js';

const IMAGE = { width: 200, height: 160 };

function draw(ellipse: Ellipse): Mask {
  return drawEllipse({ kind: 'ellipse', unit: 'pixel', ...ellipse }, IMAGE);
}

// The tips of thinner ellipses are narrower than a pixel: different ellipses give the same pixels there.
test('a drawn ellipse comes back to within half a pixel', () => {
  const ellipse = fc.record({
    x: fc.double({ min: 75, max: 125, noNaN: true }),
    y: fc.double({ min: 75, max: 85, noNaN: true }),
    radiusX: fc.double({ min: 8, max: 70, noNaN: true }),
    radiusY: fc.double({ min: 8, max: 70, noNaN: true }),
    rotationDegrees: fc.double({ min: 0, max: 359, noNaN: true }),
  });
  fc.assert(
    fc.property(ellipse, (drawn) => {
      const mask = draw(drawn);
      const fitted = fitEllipse(mask);
      assert.ok(Math.hypot(fitted.x - drawn.x, fitted.y - drawn.y) < 0.5);
      const radii = (e: Ellipse): number[] => [e.radiusX, e.radiusY].sort((a, b) => a - b);
      const [fittedShort = 0, fittedLong = 0] = radii(fitted);
      const [short = 0, long = 0] = radii(drawn);
      assert.ok(Math.abs(fittedShort - short) < 0.5 && Math.abs(fittedLong - long) < 0.5);

      assert.ok(iou(draw(fitted), mask) > 1 - 1.5 / short);
    }),
    { numRuns: 300 },
  );
});

test('an upright ellipse has no rotation whichever of its axes is longer', () => {
  for (const [radiusX, radiusY] of [
    [60, 20],
    [20, 60],
    [30, 30],
  ] as const) {
    const fitted = fitEllipse(draw({ x: 100, y: 80, radiusX, radiusY, rotationDegrees: 0 }));
    assert.equal(fitted.rotationDegrees, 0);
    assert.ok(Math.abs(fitted.radiusX - radiusX) < 0.2 && Math.abs(fitted.radiusY - radiusY) < 0.2);
  }
});

test('a single pixel is an ellipse about its centre', () => {
  const fitted = fitEllipse(maskOf('...', '.#.', '...'));
  assert.deepEqual([fitted.x, fitted.y, fitted.rotationDegrees], [1.5, 1.5, 0]);
  assert.ok(fitted.radiusX > 0.5 && fitted.radiusX < 0.6);
});

test('every mask has an ellipse that can be drawn', () => {
  fc.assert(
    fc.property(anyMask(), (mask) => {
      const fitted = fitEllipse(mask);
      assert.ok(fitted.rotationDegrees >= 0 && fitted.rotationDegrees < 360);
      assert.ok(fitted.radiusX > 0.5 && fitted.radiusY > 0.5);
      assert.ok(!isEmpty(draw(fitted)));
    }),
    { numRuns: 1000 },
  );
});
