import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { connectedComponents } from '../../src/refiner/components.js';
import { fillPolygon } from '../../src/refiner/fill-polygon.js';
import { startOfLargestComponent } from '../../src/refiner/largest-component.js';
import { areaPx, emptyMask, masksEqual } from '../../src/refiner/mask.js';
import { separatePinches } from '../../src/refiner/separate-pinches.js';
import { traceOutlineFrom, traceOutlines } from '../../src/refiner/trace-outline.js';
import type { Mask, Size } from '../../src/refiner/types.js';
import { anyMask } from './any-mask.js';
import { maskOf } from './drawn-mask.js';
import { assertSimple, ringArea } from './simple-rings.js';

function sizeOf(mask: Mask): Size {
  return { width: mask.imageWidth, height: mask.imageHeight };
}

test('filling the traced outlines gives the mask again', () => {
  fc.assert(
    fc.property(anyMask(), (mask) => {
      const rings = traceOutlines(mask).map(({ ring }) => ring);
      assert.ok(masksEqual(fillPolygon(rings, sizeOf(mask)), mask));
    }),
    { numRuns: 300 },
  );
});

test('outlines are as many as components and holes, and their areas sum to the mask', () => {
  fc.assert(
    fc.property(anyMask(), (mask) => {
      const outlines = traceOutlines(mask);
      assert.equal(outlines.filter((outline) => outline.areaPx > 0).length, connectedComponents(mask).length);
      assert.equal(
        outlines.reduce((sum, outline) => sum + outline.areaPx, 0),
        areaPx(mask),
      );
      for (const { ring, areaPx: area } of outlines) assert.equal(ringArea(ring), area);
    }),
  );
});

test('without pinches the outlines are simple and still fill to the mask', () => {
  fc.assert(
    fc.property(anyMask(), (mask) => {
      const rings = traceOutlines(mask).map(({ ring }) => separatePinches(ring, mask));
      assertSimple(rings);
      assert.ok(masksEqual(fillPolygon(rings, sizeOf(mask)), mask));
    }),
    { numRuns: 200 },
  );
});

test('an outline turns at every vertex', () => {
  assert.deepEqual(
    traceOutlines(maskOf('......', '.####.', '.####.')).map(({ ring }) => ring),
    [[5, 1, 5, 3, 1, 3, 1, 1]],
  );
});

test('pixels that touch at a corner share an outline, holes that do so do not', () => {
  assert.equal(traceOutlines(maskOf('#.', '.#')).length, 1);
  assert.deepEqual(
    traceOutlines(maskOf('####', '#.##', '##.#', '####')).map((outline) => outline.areaPx),
    [16, -1, -1],
  );
});

test('the largest component is found and traced alone', () => {
  fc.assert(
    fc.property(anyMask(), (mask) => {
      const components = connectedComponents(mask);
      const largest = components.reduce((best, each) => (areaPx(each) > areaPx(best) ? each : best));
      const start = startOfLargestComponent(mask);
      assert.ok(start);
      assert.deepEqual(traceOutlineFrom(mask, start), traceOutlines(largest)[0]);
    }),
  );
  assert.equal(startOfLargestComponent(emptyMask({ width: 3, height: 3 })), null);
});
