import assert from 'node:assert/strict';
import fc from 'fast-check';
import test from 'node:test';
import { encodeRecord, type ResultRecord, wholeRecords } from '../../../src/backend/results/records.js';

const record = fc.record(
  {
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    payload: fc.uint8Array({ maxLength: 300 }),
  },
  { noNullPrototype: true },
);

function read(file: Uint8Array, wants: (key: string) => boolean = () => true): readonly ResultRecord[] {
  return [...wholeRecords(file, wants)].map(({ key, payload }) => ({
    key,
    payload: Uint8Array.from(payload),
  }));
}

test('records come back as they were written, and only those that are wanted', () => {
  fc.assert(
    fc.property(fc.array(record), (records) => {
      const file = Buffer.concat(records.map(encodeRecord));
      assert.deepEqual(read(file), records);
      const [first] = records;
      assert.deepEqual(
        read(file, (key) => key === first?.key),
        records.filter(({ key }) => key === first?.key),
      );
    }),
  );
});

test('a record that was cut short is not there, and those appended after it are', () => {
  fc.assert(
    fc.property(fc.array(record), record, fc.nat(), fc.array(record), (before, torn, cut, after) => {
      const whole = encodeRecord(torn);
      const half = whole.subarray(0, cut % whole.length);
      const file = Buffer.concat([...before.map(encodeRecord), half, ...after.map(encodeRecord)]);
      assert.deepEqual(read(file), [...before, ...after]);
    }),
  );
});

test('a flipped bit costs its own record alone', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1 }), fc.nat(), fc.nat({ max: 7 }), (records, at, bit) => {
      const pieces = records.map(encodeRecord);
      const file = Buffer.concat(pieces);
      const place = at % file.length;
      file.writeUInt8(file.readUInt8(place) ^ (1 << bit), place);
      let end = 0;
      const hit = pieces.findIndex((piece) => place < (end += piece.length));
      assert.deepEqual(
        read(file),
        records.filter((_, index) => index !== hit),
      );
    }),
  );
});

test('any bytes at all are read without an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      assert.deepEqual(read(bytes), []);
    }),
  );
});
