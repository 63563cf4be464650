import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { heapOf, setKey, topOf } from '../../src/refiner/keyed-heap.js';

test('the smallest key is on top, of equal ones the smallest id, however keys change', () => {
  const key = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(Infinity));
  fc.assert(
    fc.property(
      fc.array(key, { minLength: 1, maxLength: 30 }),
      fc.array(fc.tuple(fc.nat(), key), { maxLength: 60 }),
      (keys, changes) => {
        const plain = [...keys];
        const heap = heapOf(Float64Array.from(keys));
        for (const [at, value] of changes) {
          setKey(heap, at % plain.length, value);
          plain[at % plain.length] = value;
          const smallest = Math.min(...plain);
          if (smallest === Infinity) assert.equal(heap.keys[topOf(heap)], Infinity);
          else assert.equal(topOf(heap), plain.indexOf(smallest));
        }
      },
    ),
  );
});
