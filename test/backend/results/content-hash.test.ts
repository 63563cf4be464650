import assert from 'node:assert/strict';
import fc from 'fast-check';
import test from 'node:test';
import { contentHash } from '../../../src/backend/results/content-hash.js';

test('equal data has equal hashes, whatever the order of keys and members that are undefined', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (value) => {
      const turned = Object.fromEntries([...Object.entries(value).reverse(), ['undefined', undefined]]);
      assert.equal(await contentHash(structuredClone(value)), await contentHash(turned));
    }),
    { numRuns: 50 },
  );
});

test('data that differs has different hashes', async () => {
  const values: unknown[] = [
    ...[null, 'null', true, 'true', 0, 1, '1', [1], ['1'], [[1]], [1, 2], [[1], 2], [[1, 2]], [], {}, ''],
    ...[[[], []], [[[]]], ['a', 'b'], ['ab'], ['a b'], { a: 1 }, { b: 1 }, { a: { b: 1 } }, [{}], [null]],
    ...[Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0), [Uint8Array.of(1), Uint8Array.of(2)], '\u0001\u0002'],
    ...[
      new Array<number>(300_000).fill(1),
      [...new Array<number>(299_999).fill(1), 2],
      new Uint8Array(3_000_000),
      0.1,
      0.1 + 1e-17,
    ],
  ];
  const hashes = await Promise.all(values.map(contentHash));
  // The last two are one number.
  assert.equal(new Set(hashes).size, values.length - 1);
});

test('what is no plain data is refused', async () => {
  for (const value of [() => 1, Symbol('a'), 1n, undefined, [undefined]]) {
    await assert.rejects(contentHash(value), TypeError);
  }
});
