import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { connectedComponents } from '../../src/refiner/components.js';
import { areaPx, maskFromBitmap, masksEqual } from '../../src/refiner/mask.js';
import { withoutSpecks } from '../../src/refiner/without-specks.js';
import { anyMask } from './any-mask.js';

const WIDTH = 40;

test('a few stray pixels beside an object are left out, a second part of it is not', () => {
  const object = new Uint8Array(WIDTH * WIDTH);
  for (let y = 10; y < 30; y++) object.fill(1, y * WIDTH + 10, y * WIDTH + 30);
  const withPart = Uint8Array.from(object).fill(1, 35, 39);
  const withSpeck = Uint8Array.from(withPart).fill(1, 38 * WIDTH, 38 * WIDTH + 3);
  const left = withoutSpecks(maskFromBitmap(withSpeck, WIDTH, WIDTH));
  assert.ok(masksEqual(left, maskFromBitmap(withPart, WIDTH, WIDTH)));
});

test('what is left are whole components, the largest among them', () => {
  fc.assert(
    fc.property(anyMask(), (mask) => {
      const areas = connectedComponents(mask).map(areaPx);
      const kept = areas.filter((area) => area >= Math.max(...areas) / 100);
      const left = connectedComponents(withoutSpecks(mask)).map(areaPx);
      assert.deepEqual(left, kept);
    }),
  );
});
