import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { boundaryBand, boundaryBandRadiiPx } from '../../src/refiner/boundary-band.js';
import { boundaryOf, boundaryRadiusPx } from '../../src/refiner/boundary.js';
import { emptyMask, maskFromBitmap, pixelAt } from '../../src/refiner/mask.js';
import { boundaryIou, cumulativeIou, iou, meanBoundaryAccuracy } from '../../src/refiner/metrics.js';
import { subtractMask } from '../../src/refiner/subtract.js';
import type { Mask } from '../../src/refiner/types.js';
import { anyMask } from './any-mask.js';
import { masksOfOneImage } from './any-masks.js';
import { maskOf } from './drawn-mask.js';

/** The mask of the pixels for which `decide` says so. */
function maskWhere(like: Mask, decide: (x: number, y: number) => boolean): Mask {
  const { imageWidth: width, imageHeight: height } = like;
  const bitmap = Uint8Array.from({ length: width * height }, (_, i) =>
    decide(i % width, Math.floor(i / width)) ? 1 : 0,
  );
  return maskFromBitmap(bitmap, width, height);
}

function offsets(radius: number): (readonly [number, number])[] {
  const range = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius);
  return range.flatMap((dy) => range.map((dx) => [dx, dy] as const));
}

test('IoU counts shared pixels over all pixels', () => {
  assert.equal(iou(maskOf('##..', '##..'), maskOf('.##.', '.##.')), 2 / 6);
  assert.equal(iou(maskOf('#...'), maskOf('...#')), 0);
});

test('two empty masks agree, an empty one and another do not', () => {
  const none = emptyMask({ width: 4, height: 2 });
  assert.equal(iou(none, none), 1);
  assert.equal(boundaryIou(none, none), 1);
  assert.equal(iou(none, maskOf('#...', '....')), 0);
  assert.equal(cumulativeIou([]), 1);
});

test('ignored pixels count neither for nor against', () => {
  const ignore = maskOf('..##', '..##');
  assert.equal(iou(maskOf('####', '....'), maskOf('##..', '....'), ignore), 1);
  assert.equal(iou(maskOf('..##', '....'), maskOf('....', '..##'), ignore), 1);
});

test('IoU is symmetric, between 0 and 1, and 1 only for equal masks', () => {
  fc.assert(
    fc.property(masksOfOneImage(2, 2), ([a, b]) => {
      assert.ok(a && b);
      const value = iou(a, b);
      assert.equal(value, iou(b, a));
      assert.ok(value >= 0 && value <= 1);
      assert.equal(value === 1, JSON.stringify(a) === JSON.stringify(b));
    }),
  );
});

test('cumulative IoU sums intersections and unions before it divides', () => {
  const pairs = [
    { predicted: maskOf('####', '####'), truth: maskOf('####', '....') },
    { predicted: maskOf('#...'), truth: maskOf('#...') },
  ];
  assert.equal(cumulativeIou(pairs), 5 / 9);
});

test('the boundary is what chessboard steps reach from outside, beyond the image included', () => {
  fc.assert(
    fc.property(anyMask(), fc.integer({ min: 1, max: 4 }), (mask, radiusPx) => {
      const expected = maskWhere(
        mask,
        (x, y) =>
          pixelAt(mask, x, y) === 1 &&
          offsets(radiusPx).some(([dx, dy]) => pixelAt(mask, x + dx, y + dy) === 0),
      );
      assert.deepEqual(boundaryOf(mask, radiusPx), expected);
    }),
  );
});

test('the boundary is a fiftieth of the diagonal wide, halves rounded to even, at least one pixel', () => {
  assert.equal(boundaryRadiusPx({ width: 100, height: 75 }, 0.02), 2);
  assert.equal(boundaryRadiusPx({ width: 140, height: 105 }, 0.02), 4);
  assert.equal(boundaryRadiusPx({ width: 3, height: 4 }, 0.02), 1);
  assert.equal(boundaryRadiusPx({ width: 4000, height: 3000 }, 0.02), 100);
});

test('boundary IoU forgives nothing at the outline and all inside', () => {
  const solid = maskFromBitmap(new Uint8Array(60 * 60).fill(1), 60, 60);
  const holed = maskWhere(solid, (x, y) => x < 25 || x > 35 || y < 25 || y > 35);
  assert.ok(boundaryIou(solid, holed) < iou(solid, holed));
  assert.equal(boundaryIou(solid, solid), 1);
});

test('boundary IoU leaves ignored pixels out of both boundaries', () => {
  const a = maskWhere(emptyMask({ width: 40, height: 40 }), (x, y) => x >= 10 && x < 30 && y >= 10 && y < 30);
  const b = maskWhere(a, (x, y) => pixelAt(a, x, y) === 1 && x < 29);
  const ignore = maskWhere(a, (x) => x >= 28);
  assert.ok(boundaryIou(a, b) < 1);
  assert.equal(boundaryIou(a, b, 0.02, ignore), 1);
});

test('a band has foreground and background in the disk of each pixel, within the image', () => {
  fc.assert(
    fc.property(anyMask(), fc.integer({ min: 1, max: 4 }), (mask, radiusPx) => {
      const expected = maskWhere(mask, (x, y) => {
        const near = offsets(radiusPx)
          .filter(([dx, dy]) => Math.abs(dx) <= Math.round(Math.sqrt(radiusPx ** 2 - dy ** 2)))
          .map(([dx, dy]) => [x + dx, y + dy] as const)
          .filter(([nx, ny]) => nx >= 0 && ny >= 0 && nx < mask.imageWidth && ny < mask.imageHeight)
          .map(([nx, ny]) => pixelAt(mask, nx, ny));
        return near.includes(0) && near.includes(1);
      });
      assert.deepEqual(boundaryBand(mask, radiusPx), expected);
    }),
  );
});

test('the bands widen with the image', () => {
  assert.deepEqual(boundaryBandRadiiPx({ width: 100, height: 80 }), [1, 1, 1, 1, 1]);
  assert.deepEqual(boundaryBandRadiiPx({ width: 1800, height: 1200 }), [1, 2, 4, 6, 8]);
});

test('mean boundary accuracy is 1 for the truth and 0 for its opposite', () => {
  fc.assert(
    fc.property(anyMask(), (truth) => {
      const opposite = maskWhere(truth, (x, y) => pixelAt(truth, x, y) === 0);
      const isWhole = opposite.data.length === 0;
      assert.equal(meanBoundaryAccuracy(truth, truth), isWhole ? null : 1);
      assert.equal(meanBoundaryAccuracy(opposite, truth), isWhole ? null : 0);
    }),
  );
});

test('without a boundary that counts there is no boundary accuracy', () => {
  const truth = maskOf('....', '.##.', '....');
  assert.equal(meanBoundaryAccuracy(truth, emptyMask({ width: 4, height: 3 })), null);
  assert.equal(meanBoundaryAccuracy(truth, truth, maskOf('####', '####', '####')), null);
});

test('boundary accuracy does not change with what is predicted where it is ignored', () => {
  fc.assert(
    fc.property(masksOfOneImage(3, 3), ([predicted, truth, ignore]) => {
      assert.ok(predicted && truth && ignore);
      assert.equal(
        meanBoundaryAccuracy(predicted, truth, ignore),
        meanBoundaryAccuracy(subtractMask(predicted, ignore), truth, ignore),
      );
    }),
  );
});
