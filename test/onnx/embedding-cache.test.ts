import assert from 'node:assert/strict';
import test from 'node:test';

import fc from 'fast-check';

import { createEmbeddingCache, type CacheChange } from '../../src/onnx/embedding-cache.js';

test('the least recently used entry makes room for a new one', () => {
  const cache = createEmbeddingCache<{ bytes: number }>(30);
  for (const key of ['a', 'b', 'c']) cache.put(key, { bytes: 10 });
  cache.get('a');
  cache.put('d', { bytes: 10 });
  assert.equal(cache.get('b'), null);
  for (const key of ['a', 'c', 'd']) assert.notEqual(cache.get(key), null, key);
});

test('an entry larger than the limit is not kept and drives nothing out', () => {
  const cache = createEmbeddingCache<{ bytes: number }>(30);
  cache.put('small', { bytes: 30 });
  cache.put('large', { bytes: 31 });
  assert.equal(cache.get('large'), null);
  assert.notEqual(cache.get('small'), null);
});

test('the bytes held never pass the limit and are those of the entries told of', () => {
  const puts = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), bytes: fc.nat(40) }));
  fc.assert(
    fc.property(puts, (entries) => {
      const changes: CacheChange[] = [];
      const cache = createEmbeddingCache<{ bytes: number }>(64, (change) => changes.push(change));
      for (const { key, bytes } of entries) {
        cache.put(key, { bytes });
        assert.ok(cache.bytes <= 64);
      }
      const told = new Set<string>();
      for (const { key, held } of changes) {
        if (held) told.add(key);
        else told.delete(key);
      }
      const sum = [...told].reduce((bytes, key) => bytes + (cache.get(key)?.bytes ?? NaN), 0);
      assert.equal(sum, cache.bytes);
      cache.clear();
      assert.equal(cache.bytes, 0);
    }),
  );
});
