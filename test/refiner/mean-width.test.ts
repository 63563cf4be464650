import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { fillEllipse } from '../../src/refiner/fill-ellipse.js';
import { emptyMask, maskFromBitmap } from '../../src/refiner/mask.js';
import { meanWidthPx } from '../../src/refiner/mean-width.js';
import { seededRandom } from '../../src/refiner/seeded-random.js';
import type { Mask } from '../../src/refiner/types.js';

const SIDE = 200;

function maskWhere(holds: (x: number, y: number) => boolean): Mask {
  const bitmap = Uint8Array.from({ length: SIDE * SIDE }, (_, i) =>
    holds(i % SIDE, Math.floor(i / SIDE)) ? 1 : 0,
  );
  return maskFromBitmap(bitmap, SIDE, SIDE);
}

function disc(radius: number): Mask {
  const image = { width: SIDE, height: SIDE };
  const centre = { x: SIDE / 2, y: SIDE / 2 };
  return fillEllipse({ ...centre, radiusX: radius, radiusY: radius, rotationDegrees: 0 }, image);
}

function assertAbout(measured: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(measured - expected) <= tolerance * expected, `${measured}, not about ${expected}`);
}

test('a disc is on average half as wide as in its middle', () => {
  for (const radius of [8, 20, 60]) assertAbout(meanWidthPx(disc(radius)), radius, 0.06);
});

test('a long stripe is as wide as it is, in all directions on average', () => {
  const angles = Array.from({ length: 16 }, (_, i) => (i * Math.PI) / 16);
  for (const width of [4, 8, 12]) {
    const measured = angles.map((angle) =>
      meanWidthPx(
        maskWhere((x, y) => {
          const across = (x - SIDE / 2) * Math.sin(angle) - (y - SIDE / 2) * Math.cos(angle);
          const along = (x - SIDE / 2) * Math.cos(angle) + (y - SIDE / 2) * Math.sin(angle);
          return Math.abs(across) < width / 2 && Math.abs(along) < SIDE / 2 - 5;
        }),
      ),
    );
    assertAbout(measured.reduce((sum, one) => sum + one, 0) / measured.length, width, 0.12);
  }
});

test('scattered pixels and holes make nothing look thin', () => {
  const random = seededRandom(1, 0);
  const whole = disc(60);
  const noisy = maskWhere((x, y) => {
    const isInside = Math.hypot(x + 0.5 - SIDE / 2, y + 0.5 - SIDE / 2) < 60;
    return random() < 0.05 ? !isInside : isInside;
  });
  assertAbout(meanWidthPx(noisy), meanWidthPx(whole), 0.1);
});

test('a line a pixel wide and an empty mask have no width', () => {
  assert.equal(meanWidthPx(maskWhere((x, y) => y === 7 && x > 3)), 0);
  assert.equal(meanWidthPx(emptyMask({ width: 5, height: 5 })), 0);
});

test('a mask is as wide wherever it lies', () => {
  const place = fc.nat({ max: SIDE - 10 });
  fc.assert(
    fc.property(place, place, (left, top) => {
      const square = maskWhere((x, y) => x >= left && x < left + 10 && y >= top && y < top + 10);
      // The corners are not of the majority.
      assert.equal(meanWidthPx(square), (2 * 96 * 4) / Math.PI / 40);
    }),
    { numRuns: 20 },
  );
});
