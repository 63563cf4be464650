import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { connectedComponents } from '../../src/refiner/components.js';
import { areaPx, emptyMask, masksEqual } from '../../src/refiner/mask.js';
import { splitThenMerge } from '../../src/refiner/split-merge.js';
import { unionMasks } from '../../src/refiner/union.js';
import { anyMask } from './any-mask.js';
import { maskOf } from './drawn-mask.js';

test('regions together are the components of five pixels and more, each whole in one region', () => {
  fc.assert(
    fc.property(anyMask(24), (mask) => {
      const components = connectedComponents(mask);
      const large = components.length === 1 ? components : components.filter((part) => areaPx(part) >= 5);
      const regions = splitThenMerge(mask);
      const size = { width: mask.imageWidth, height: mask.imageHeight };
      assert.ok(masksEqual(unionMasks(regions, size), unionMasks(large, size)));
      assert.equal(
        regions.reduce((sum, region) => sum + connectedComponents(region).length, 0),
        large.length,
      );
    }),
    { numRuns: 300 },
  );
});

test('halves of one square with a narrow gap merge', () => {
  const rows = Array.from({ length: 12 }, () => '######.######');
  assert.equal(splitThenMerge(maskOf(...rows)).length, 1);
});

test('squares that are far apart stay apart', () => {
  const rows = Array.from({ length: 5 }, () => '#####...........................#####');
  assert.equal(splitThenMerge(maskOf(...rows)).length, 2);
});

test('a lone speck is a region, specks among others are dropped', () => {
  assert.equal(splitThenMerge(maskOf('....', '.#..', '....')).length, 1);
  assert.equal(splitThenMerge(maskOf('#....#')).length, 0);
  const regions = splitThenMerge(maskOf('#....###', '.....###'));
  assert.deepEqual(
    regions.map((region) => region.box),
    [{ x0: 5, y0: 0, x1: 8, y1: 2 }],
  );
});

test('lines in one column merge across any gap, as their common box has no area', () => {
  const rows = [...Array.from({ length: 6 }, () => '#.'), ...Array.from({ length: 40 }, () => '..')];
  assert.equal(splitThenMerge(maskOf(...rows, ...rows)).length, 1);
});

test('an empty mask has no regions', () => {
  assert.deepEqual(splitThenMerge(emptyMask({ width: 3, height: 3 })), []);
});
