import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { adapterFor, MAX_ADAPTER_BYTES, readAdapter, writeAdapter } from '../../src/fit/adapter-file.js';
import { refusedWith } from '../support/refusals.js';
import { syntheticRecord } from './synthetic-record.js';

const damaged = refusedWith('ADAPTER_DAMAGED', { where: /^here$/ });

/** What someone who knows the format can write: any content, its hash made to fit. */
function forged(change: (document: Record<string, unknown>) => void): Uint8Array {
  const text = Buffer.from(writeAdapter(syntheticRecord(1))).toString();
  const document = JSON.parse(text) as Record<string, unknown>;
  delete document['sha256'];
  change(document);
  const sha256 = createHash('sha256').update(JSON.stringify(document)).digest('hex');
  return Buffer.from(`${JSON.stringify({ ...document, sha256 })}\n`);
}

test('what was written is read back, to the last bit', () => {
  for (const parent of [null, 3]) {
    const record = syntheticRecord(7, { parent });
    const bytes = writeAdapter(record);
    assert.deepEqual(readAdapter(bytes, 'here'), record);
    assert.deepEqual(writeAdapter(readAdapter(bytes, 'here')), bytes);
  }
  assert.doesNotThrow(() =>
    readAdapter(
      forged(() => undefined),
      'here',
    ),
  );
});

test('a file with any one bit flipped is refused', () => {
  const bytes = writeAdapter(syntheticRecord(2));
  fc.assert(
    fc.property(fc.nat({ max: bytes.length * 8 - 1 }), (bit) => {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.throws(() => readAdapter(flipped, 'here'), damaged);
    }),
    { numRuns: 300 },
  );
});

test('a file that breaks off is refused wherever it ends', () => {
  const bytes = writeAdapter(syntheticRecord(2));
  for (const length of [0, 1, 200, bytes.length >> 1, bytes.length - 2, bytes.length - 1]) {
    assert.throws(() => readAdapter(bytes.subarray(0, length), 'here'), damaged);
  }
});

test('content that could do harm is refused even when its hash fits', () => {
  const hostile: readonly ((document: Record<string, unknown>) => void)[] = [
    (document) => (document['loraA'] = [1, 2, 3]),
    (document) => (document['loraB'] = []),
    (document) => (document['loraB'] = Array<string>(16).fill('0')),
    (document) => (document['loraB'] = Array<null>(16).fill(null)),
    (document) => (document['rank'] = 5),
    (document) => (document['rank'] = 0),
    (document) => (document['features'] = 1e9),
    (document) => (document['outputs'] = -4),
    (document) => (document['formatVersion'] = 2),
    (document) => (document['parent'] = '../1'),
    (document) => (document['figures'] = null),
    (document) => (document['model'] = { version: 'lite', fingerprint: 'x' }),
    (document) => (document['extra'] = 1),
  ];
  for (const change of hostile) assert.throws(() => readAdapter(forged(change), 'here'), damaged);
  const infinite = Buffer.from(forged(() => undefined)).toString();
  const overflowing = infinite.replace(/"loraB":\[[^,]+,/, '"loraB":[1e999,');
  for (const text of [overflowing, '[]', 'null', '{}', '{"__proto__":{"rank":4}}', '['.repeat(100_000)]) {
    assert.throws(() => readAdapter(Buffer.from(text), 'here'), damaged);
  }
  assert.throws(() => readAdapter(Buffer.alloc(MAX_ADAPTER_BYTES + 1, 32), 'here'), damaged);
});

test('an adapter is handed out only for the model it was learned with', () => {
  const record = syntheticRecord(1);
  const model = {
    version: 'lite-0.1.0+12345678',
    pack: { fingerprint: '0'.repeat(64) },
    iouHead: { features: 128, outputs: 4 },
  };
  assert.equal(adapterFor(record, model), record.adapter);
  for (const other of [
    { ...model, pack: { fingerprint: '1'.repeat(64) } },
    { ...model, iouHead: { features: 256, outputs: 4 } },
    { ...model, iouHead: { features: 128, outputs: 3 } },
  ]) {
    assert.throws(
      () => adapterFor(record, other),
      refusedWith('ADAPTER_MISMATCH', { received: /128 and 4/ }),
    );
  }
});
