import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decodeDataUri } from '../../src/backend/data-uri.js';
import { refusedWith } from '../support/refusals.js';

test('any bytes survive base64, with and without padding, percent-escaped, in either alphabet', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (content) => {
      const base64 = Buffer.from(content).toString('base64');
      const forms = [
        base64,
        base64.replace(/=/g, ''),
        encodeURIComponent(base64),
        base64.replace(/(.{8})/g, '$1\n'),
      ];
      forms.push(Buffer.from(content).toString('base64url'));
      for (const form of forms) {
        const decoded = decodeDataUri(`data:image/png;charset=x;BASE64,${form}`, content.length);
        assert.deepEqual(new Uint8Array(decoded), content);
      }
    }),
  );
});

test('a payload that is not base64 is percent-decoded', () => {
  assert.equal(Buffer.from(decodeDataUri('data:,a%00%ff+b', 10)).toString('hex'), '6100ff2b62');
});

test('a payload over the limit is refused by its length alone', () => {
  const tooLarge = refusedWith('IMAGE_TOO_LARGE', { expected: /at most 30 bytes/ });
  assert.throws(() => decodeDataUri(`data:;base64,${'A'.repeat(44)}`, 30), tooLarge);
  assert.throws(() => decodeDataUri(`data:;base64,${'A'.repeat(1e6)}`, 30), tooLarge);
  assert.throws(() => decodeDataUri(`data:,${'a'.repeat(31)}`, 30), tooLarge);
  assert.throws(() => decodeDataUri(`data:,${'%41'.repeat(31)}`, 30), tooLarge);
  assert.equal(decodeDataUri(`data:;base64,${'A'.repeat(40)}`, 30).length, 30);
  assert.equal(decodeDataUri(`data:,${'%41'.repeat(30)}`, 30).length, 30);
});

test('damaged and empty ones are refused', () => {
  for (const uri of [
    'data:image/png;base64',
    'data:;base64,!!!!',
    'data:;base64,AA=A',
    'data:,%4',
    'data:,%zz',
  ]) {
    assert.throws(() => decodeDataUri(uri, 100), refusedWith('IMAGE_URL_INVALID'), uri);
  }
  assert.throws(() => decodeDataUri(`data:${'x'.repeat(5000)},`, 100), refusedWith('IMAGE_URL_INVALID'));
  assert.throws(() => decodeDataUri('data:image/png;base64,', 100), refusedWith('IMAGE_EMPTY'));
  assert.throws(() => decodeDataUri('data:,', 100), refusedWith('IMAGE_EMPTY'));
});
