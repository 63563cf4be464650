import fc from 'fast-check';
import assert from 'node:assert/strict';
import test from 'node:test';
import { jsonText } from '../../src/backend/json-text.js';

const written = (value: unknown): string => [...jsonText(value)].join('');

test('the text is that of JSON.stringify for every JSON value', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(written(value), JSON.stringify(value))));
});

test('bytes are written as an array of numbers', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70_000 }), (bytes) => {
      assert.equal(written({ rle: bytes }), JSON.stringify({ rle: Array.from(bytes) }));
    }),
    { numRuns: 30 },
  );
});

test('long strings keep every character, also one that a cut goes through', () => {
  const text = `${'a'.repeat(16 * 1024 - 1)}\u{1f600}"\\\n${'é'.repeat(200_000)}\ud800`;
  assert.deepEqual(JSON.parse(written([text])), [text]);
});

test('what JSON cannot say becomes what JSON.stringify makes of it', () => {
  const value = { a: undefined, b: NaN, c: [undefined, Infinity], d: null, e: true };
  assert.equal(written(value), JSON.stringify(value));
  assert.equal(written(undefined), 'null');
});

test('no piece is much longer than 64 Ki characters', () => {
  const value = {
    rle: new Uint8Array(2_000_000).fill(255),
    text: 'x'.repeat(1_000_000),
    list: Array(100_000).fill(1.5),
  };
  const pieces = [...jsonText(value)];
  assert.ok(pieces.length > 100);
  assert.ok(pieces.every((piece) => piece.length < 2 * 64 * 1024));
});
