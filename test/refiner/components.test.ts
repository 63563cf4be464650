import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { connectedComponents } from '../../src/refiner/components.js';
import {
  areaPx,
  cropMask,
  emptyMask,
  maskFromBitmap,
  maskToBitmap,
  pixelAt,
} from '../../src/refiner/mask.js';
import type { Mask } from '../../src/refiner/types.js';
import { anyMask } from './any-mask.js';
import { maskOf } from './drawn-mask.js';

/** Labels by flooding from each pixel in row-major order. */
function floodedLabels(mask: Mask): number[] {
  const { imageWidth: width, imageHeight: height } = mask;
  const labels = Array.from({ length: width * height }, () => 0);
  let count = 0;
  for (let start = 0; start < labels.length; start++) {
    if (labels[start] !== 0 || pixelAt(mask, start % width, Math.floor(start / width)) === 0) continue;
    count++;
    const waiting = [start];
    for (let i = waiting.pop(); i !== undefined; i = waiting.pop()) {
      if (labels[i] !== 0) continue;
      labels[i] = count;
      const [x, y] = [i % width, Math.floor(i / width)];
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          if (pixelAt(mask, x + dx, y + dy) === 1) waiting.push((y + dy) * width + x + dx);
        }
      }
    }
  }
  return labels;
}

test('components are those that flooding finds, in the order of their first pixels', () => {
  fc.assert(
    fc.property(anyMask(20), (mask) => {
      const labels = Array.from({ length: mask.imageWidth * mask.imageHeight }, () => 0);
      connectedComponents(mask).forEach((component, k) => {
        maskToBitmap(component).forEach((value, i) => {
          if (value === 1) labels[i] = k + 1;
        });
      });
      assert.deepEqual(labels, floodedLabels(mask));
    }),
    { numRuns: 300 },
  );
});

test('components have tight boxes and together the pixels of the mask', () => {
  fc.assert(
    fc.property(anyMask(), (mask) => {
      const components = connectedComponents(mask);
      for (const component of components) assert.deepEqual(cropMask(component), component);
      assert.equal(
        components.reduce((sum, component) => sum + areaPx(component), 0),
        areaPx(mask),
      );
    }),
  );
});

test('pixels that touch at a corner are one component', () => {
  assert.equal(connectedComponents(maskOf('#..#', '.##.', '#..#')).length, 1);
});

test('arms that meet far below are one component, numbered by the first pixel of any arm', () => {
  const components = connectedComponents(maskOf('..#.#.#', '#.#.#.#', '..#####'));
  assert.deepEqual(
    components.map(({ box }) => box),
    [
      { x0: 2, y0: 0, x1: 7, y1: 3 },
      { x0: 0, y0: 1, x1: 1, y1: 2 },
    ],
  );
});

test('an empty mask has no components', () => {
  assert.deepEqual(connectedComponents(emptyMask({ width: 5, height: 4 })), []);
});

test('a spiral, whose runs are joined late and often, is one component', () => {
  const side = 101;
  const bitmap = new Uint8Array(side * side);
  let [x, y, dx, dy] = [0, 0, 1, 0];
  for (let length = side - 1, turns = 0; length > 0; turns++) {
    for (let step = 0; step < length; step++, x += dx, y += dy) bitmap[y * side + x] = 1;
    [dx, dy] = [-dy, dx];
    // After the first three sides, every second one is two pixels shorter than those before.
    if (turns >= 2 && turns % 2 === 0) length -= 2;
  }
  assert.equal(connectedComponents(maskFromBitmap(bitmap, side, side)).length, 1);
});
