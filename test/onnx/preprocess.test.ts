import assert from 'node:assert/strict';
import test from 'node:test';
import type { PackInput } from '../../src/onnx/pack-manifest.js';
import { encoderInput } from '../../src/onnx/preprocess.js';
import { frameOf } from '../../src/refiner/frame.js';

const INPUT: PackInput = {
  tensor: 'image',
  size: 4,
  layout: 'nchw-float32',
  resize: 'longest-side-bilinear-antialiased',
  padValue: 127,
  normalisation: null,
};

const image = { width: 4, height: 2, data: Uint8Array.from({ length: 24 }, (_, i) => i) };

test('an image becomes planes of red, green and blue, padded below', () => {
  const tensor = encoderInput(image, frameOf(image, 4, 2), INPUT);
  assert.deepEqual([...tensor.slice(0, 16)], [0, 3, 6, 9, 12, 15, 18, 21, ...Array<number>(8).fill(127)]);
  assert.deepEqual([...tensor.slice(32, 40)], [2, 5, 8, 11, 14, 17, 20, 23]);
});

test('an upright image is padded on the right', () => {
  const upright = { width: 2, height: 4, data: new Uint8Array(24) };
  const tensor = encoderInput(upright, frameOf(upright, 4, 2), INPUT);
  assert.deepEqual([...tensor.slice(0, 8)], [0, 0, 127, 127, 0, 0, 127, 127]);
});

test('normalisation applies to the pixels and to the padding', () => {
  const normalisation = { mean: [1, 2, 3], std: [2, 4, 8] };
  const tensor = encoderInput(image, frameOf(image, 4, 2), { ...INPUT, normalisation });
  assert.equal(tensor[1], (3 - 1) / 2);
  assert.equal(tensor[16 + 15], (127 - 2) / 4);
  assert.equal(tensor[32], (2 - 3) / 8);
});
