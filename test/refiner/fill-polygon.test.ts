import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { fillPolygon, type Ring } from '../../src/refiner/fill-polygon.js';
import { areaPx, isEmpty, maskFromBitmap, masksEqual } from '../../src/refiner/mask.js';
import { maskOf } from './drawn-mask.js';

const IMAGE = { width: 23, height: 19 };

function anyRing(): fc.Arbitrary<Ring> {
  const coordinate = fc.oneof(
    fc.double({ min: -40, max: 60, noNaN: true }),
    fc.integer({ min: -5, max: 25 }),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  );
  return fc
    .array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 9 })
    .map((points) => points.flat());
}

/** The textbook test of one point: does a ray to the left cross the outline an odd number of times? */
function centreIsInside(rings: readonly Ring[], x: number, y: number): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length;
      const [upper, lower] = [i, j].sort((a, b) => (ring[a + 1] ?? 0) - (ring[b + 1] ?? 0));
      const [xa = 0, ya = 0] = ring.slice(upper, (upper ?? 0) + 2);
      const [xb = 0, yb = 0] = ring.slice(lower, (lower ?? 0) + 2);
      if (ya <= y && y < yb && xa + (y - ya) * ((xb - xa) / (yb - ya)) <= x) inside = !inside;
    }
  }
  return inside;
}

test('a pixel is filled exactly when its centre lies inside an odd number of rings', () => {
  fc.assert(
    fc.property(fc.array(anyRing(), { minLength: 1, maxLength: 3 }), (rings) => {
      const bitmap = new Uint8Array(IMAGE.width * IMAGE.height);
      for (let y = 0; y < IMAGE.height; y++) {
        for (let x = 0; x < IMAGE.width; x++) {
          bitmap[y * IMAGE.width + x] = centreIsInside(rings, x + 0.5, y + 0.5) ? 1 : 0;
        }
      }
      const expected = maskFromBitmap(bitmap, IMAGE.width, IMAGE.height);
      assert.ok(masksEqual(fillPolygon(rings, IMAGE), expected));
    }),
    { numRuns: 400 },
  );
});

test('the direction and the first vertex of a ring do not matter', () => {
  fc.assert(
    fc.property(anyRing(), (ring) => {
      const filled = fillPolygon([ring], IMAGE);
      const turned = [...ring.slice(2), ...ring.slice(0, 2)];
      const backwards = ring.flatMap((_, i) =>
        i % 2 === 0 ? [ring.slice(-i - 2)[0] ?? 0, ring.slice(-i - 1)[0] ?? 0] : [],
      );
      assert.ok(masksEqual(fillPolygon([turned], IMAGE), filled));
      assert.ok(masksEqual(fillPolygon([backwards], IMAGE), filled));
    }),
  );
});

test('two polygons that share an edge divide the pixels between them', () => {
  const coordinate = fc.integer({ min: 0, max: 40 }).map((value) => value / 2);
  fc.assert(
    fc.property(coordinate, coordinate, (x, y) => {
      const left = fillPolygon([[0, 0, x, 0, y, 19, 0, 19]], IMAGE);
      const right = fillPolygon([[x, 0, 23, 0, 23, 19, y, 19]], IMAGE);
      assert.equal(areaPx(left) + areaPx(right), 23 * 19);
    }),
  );
});

test('a ring within a ring is a hole, and a ring within that an island', () => {
  const square = (inset: number): Ring => [
    inset,
    inset,
    7 - inset,
    inset,
    7 - inset,
    7 - inset,
    inset,
    7 - inset,
  ];
  const expected = maskOf('#######', '#.....#', '#.###.#', '#.###.#', '#.###.#', '#.....#', '#######');
  assert.ok(masksEqual(fillPolygon([square(0), square(1), square(2)], { width: 7, height: 7 }), expected));
});

test('a sliver between pixel centres is empty', () => {
  assert.ok(isEmpty(fillPolygon([[1, 2.6, 20, 2.6, 20, 3.4, 1, 3.4]], IMAGE)));
  assert.ok(isEmpty(fillPolygon([[30, 0, 40, 0, 40, 10]], IMAGE)));
});
