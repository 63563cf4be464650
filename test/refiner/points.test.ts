import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { distanceToBackground, distanceToForeground } from '../../src/refiner/distance.js';
import { maskFromBitmap, pixelAt } from '../../src/refiner/mask.js';
import { guidePoints } from '../../src/refiner/points.js';
import type { Mask } from '../../src/refiner/types.js';
import { anyMask } from './any-mask.js';

function drawn(...rows: string[]): Mask {
  const width = rows[0]?.length ?? 0;
  return maskFromBitmap(
    Uint8Array.from(rows.join(''), (c) => (c === '#' ? 1 : 0)),
    width,
    rows.length,
  );
}

test('the positive point is the first of the deepest pixels', () => {
  const mask = drawn('........', '.######.', '.######.', '.######.', '........');
  const { positive, maxDepth } = guidePoints(mask, { distance: 'octile', useNegativePoint: true });
  assert.deepEqual(positive, { x: 2, y: 2 });
  assert.equal(maxDepth, 2);
});

test('a box without background has no negative point', () => {
  for (const distance of ['octile', 'euclidean'] as const) {
    const mask = drawn('....', '.##.', '....');
    assert.equal(guidePoints(mask, { distance, useNegativePoint: true }).negative, null);
  }
});

test('the last row and column of the box give no negative point with the octile metric alone', () => {
  const mask = drawn('.....', '.###.', '.#...', '.#...', '.....');
  const points = (distance: 'octile' | 'euclidean') =>
    guidePoints(mask, { distance, useNegativePoint: true }).negative;
  assert.deepEqual(points('octile'), { x: 2, y: 2 });
  assert.deepEqual(points('euclidean'), { x: 3, y: 3 });
});

test('background in the last row and column alone gives no negative point with the octile metric', () => {
  const mask = drawn('##', '#.');
  assert.equal(guidePoints(mask, { distance: 'octile', useNegativePoint: true }).negative, null);
  assert.deepEqual(guidePoints(mask, { distance: 'euclidean', useNegativePoint: true }).negative, {
    x: 1,
    y: 1,
  });
});

test('a negative point that is not wanted is not looked for', () => {
  const mask = drawn('#.#', '...', '#.#');
  assert.equal(guidePoints(mask, { distance: 'octile', useNegativePoint: false }).negative, null);
});

test('points lie on their side of the mask and no allowed pixel lies farther', () => {
  const metrics = fc.constantFrom('octile' as const, 'euclidean' as const);
  fc.assert(
    fc.property(anyMask(), metrics, (mask, distance) => {
      const { positive, negative, maxDepth, depth } = guidePoints(mask, {
        distance,
        useNegativePoint: true,
      });
      assert.equal(pixelAt(mask, positive.x, positive.y), 1);
      assert.equal(Math.max(...depth.data), maxDepth);
      assert.deepEqual(depth, distanceToBackground(mask, distance));
      if (negative === null) return;
      assert.equal(pixelAt(mask, negative.x, negative.y), 0);
      const { box, data } = distanceToForeground(mask, distance);
      const width = box.x1 - box.x0;
      const margin = distance === 'octile' ? 1 : 0;
      const chosen = data[(negative.y - box.y0) * width + negative.x - box.x0] ?? NaN;
      data.forEach((value, i) => {
        const allowed = (i % width) + margin < width && i + margin * width < data.length;
        assert.ok(!allowed || value <= chosen);
      });
    }),
  );
});
