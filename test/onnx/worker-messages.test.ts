import assert from 'node:assert/strict';
import test from 'node:test';

import fc from 'fast-check';

import { RefinerError } from '../../src/errors.js';
import { createLanes } from '../../src/onnx/lanes.js';
import { PARCEL_BYTES, parcelsOf, shapeBytes } from '../../src/onnx/parcels.js';
import { createServiceTimes } from '../../src/onnx/service-times.js';
import { createStageClock } from '../../src/onnx/stage-clock.js';
import { fromWireError, toWireError } from '../../src/onnx/wire-error.js';

test('an error of the catalogue keeps its code, facts and message on its way', () => {
  const error = new RefinerError('IMAGE_TOO_LARGE', { expected: '1', received: '2', where: 'image' });
  const copy = fromWireError(structuredClone(toWireError(error)));
  assert.deepEqual(
    { code: copy.code, facts: copy.facts, message: copy.message },
    { code: error.code, facts: error.facts, message: error.message },
  );
});

test('any other error becomes INTERNAL and keeps its text for the operator only', () => {
  const copy = fromWireError(structuredClone(toWireError(new TypeError('x is not a function'))));
  assert.equal(copy.code, 'INTERNAL');
  assert.ok(copy.cause instanceof Error);
  assert.match(copy.cause.stack ?? '', /x is not a function/);
  assert.doesNotMatch(copy.publicMessage, /function/);
  assert.equal(fromWireError(toWireError('a string')).code, 'INTERNAL');
});

test('parcels keep all items in order and are small unless one item is large', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(PARCEL_BYTES * 2)), (sizes) => {
      const parcels = [...parcelsOf(sizes, (size) => size)];
      assert.deepEqual(parcels.flat(), sizes);
      for (const parcel of parcels) {
        const bytes = parcel.reduce((sum, size) => sum + size, 0);
        assert.ok(parcel.length === 1 || bytes <= PARCEL_BYTES);
      }
    }),
  );
});

test('the size of a shape counts its bulk', () => {
  assert.ok(shapeBytes({ kind: 'brush-rle', rle: new Uint8Array(5000), width: 1, height: 1 }) >= 5000);
  const ring = new Array<number>(1000).fill(0.5);
  assert.ok(shapeBytes({ kind: 'polygon', unit: 'pixel', rings: [ring, ring] }) >= 16_000);
  assert.ok(shapeBytes({ kind: 'rings', rings: [ring], iouToMask: 1 }) >= 8000);
  assert.ok(shapeBytes({ kind: 'coco-rle', counts: ring, width: 1, height: 1 }) >= 8000);
});

test('the lanes are first come first served and forget what is removed', () => {
  const lanes = createLanes<{ lane: 'interactive' | 'batch'; name: string }>();
  const [a, b, c] = [
    { lane: 'batch', name: 'a' },
    { lane: 'interactive', name: 'b' },
    { lane: 'batch', name: 'c' },
  ] as const;
  for (const item of [a, b, c]) lanes.push(item);
  assert.deepEqual(lanes.waiting('batch'), [a, c]);
  assert.equal(lanes.remove(a), true);
  assert.equal(lanes.remove(a), false);
  assert.deepEqual([lanes.length, lanes.waiting('batch')], [2, [c]]);
});

test('the time of a nested stage counts for that stage alone', async () => {
  let nowMs = 0;
  const clock = createStageClock(() => nowMs);
  const pass = (ms: number) => (): Promise<void> => {
    nowMs += ms;
    return Promise.resolve();
  };
  await clock.during('prompt', async () => {
    nowMs += 5;
    await clock.during('wait', pass(100));
    await assert.rejects(
      clock.during('decode', () => pass(20)().then(() => Promise.reject(new Error('no')))),
    );
    nowMs += 7;
  });
  nowMs += 1000;
  assert.deepEqual(clock.times(), {
    queueMs: 100,
    imageDecodeMs: 0,
    encodeMs: 0,
    promptMs: 12,
    decodeMs: 20,
    outputMs: 0,
  });
});

test('the time to come back grows with the queue and stays between one second and one minute', () => {
  const times = createServiceTimes();
  assert.equal(times.retryAfterSeconds(100, 1), 1);
  const spent = {
    queueMs: 0,
    imageDecodeMs: 100,
    encodeMs: 900,
    promptMs: 500,
    decodeMs: 400,
    outputMs: 100,
  };
  times.record(spent, false);
  assert.equal(times.retryAfterSeconds(10, 1), 20);
  assert.equal(times.retryAfterSeconds(10, 4), 5);
  assert.equal(times.retryAfterSeconds(10_000, 1), 60);
});
