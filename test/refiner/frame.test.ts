import assert from 'node:assert/strict';
import test from 'node:test';
import { frameOf } from '../../src/refiner/frame.js';

test('the longest side fills the input frame and the other is rounded half up', () => {
  const resized = (width: number, height: number, inputSize = 1024): [number, number] => {
    const frame = frameOf({ width, height }, inputSize, 256);
    return [frame.resizedWidth, frame.resizedHeight];
  };
  assert.deepEqual(resized(640, 480), [1024, 768]);
  assert.deepEqual(resized(333, 500), [682, 1024]);
  assert.deepEqual(resized(2048, 1), [1024, 1]);
  assert.deepEqual(resized(8, 3, 4), [4, 2]);
});

test('a side of a very thin image does not vanish', () => {
  const frame = frameOf({ width: 20_000, height: 1 }, 1024, 256);
  assert.equal(frame.resizedHeight, 1);
});
