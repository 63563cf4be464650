import assert from 'node:assert/strict';
import test from 'node:test';
import { RefinerError } from '../../../src/errors.js';
import { readPickle, type PickleBuilder } from '../../../src/onnx/checkpoint/pickle.js';

const REFUSE: PickleBuilder = {
  persistent: () => {
    throw new RefinerError('CHECKPOINT_UNSUPPORTED');
  },
  call: (callee) => {
    throw new RefinerError('CHECKPOINT_UNSUPPORTED', { received: callee.name });
  },
};

const read = (bytes: number[] | Buffer) => readPickle(Buffer.from(bytes), REFUSE);

test('an unknown opcode is refused by number and place', () => {
  assert.throws(() => read([0x80, 2, 0x69, 0x2e]), /byte 2.*opcode 0x69/);
});

test('a pickle without an end is refused', () => {
  assert.throws(() => read([0x80, 2, 0x4e]), /the end/);
});

test('popping from an empty stack is refused', () => {
  assert.throws(() => read([0x85, 0x2e]), /a value on the stack/);
});

test('a memo that was never written is refused', () => {
  assert.throws(() => read([0x68, 7, 0x2e]), /none under 7/);
});

test('a string that claims four thousand million bytes is refused before memory is taken', () => {
  assert.throws(() => read([0x58, 0xff, 0xff, 0xff, 0xff, 0x2e]), /4294967295 more bytes/);
});

test('nested doublings share their values, so that a bomb of lists costs only its opcodes', () => {
  const levels = 10_000;
  const bytes = [0x5d]; // []
  // Each level: memoise the list, then make a list that holds it twice.
  for (let level = 0; level < levels; level++) bytes.push(0x71, 0, 0x68, 0, 0x86);
  bytes.push(0x2e);
  const started = process.memoryUsage().heapUsed;
  assert.ok(Array.isArray(read(bytes)));
  assert.ok(process.memoryUsage().heapUsed - started < 64 * 1024 * 1024);
});

test('integers of any length below 2^53 are read and longer ones refused', () => {
  assert.equal(read([0x8a, 2, 0xff, 0xff, 0x2e]), -1);
  assert.equal(read([0x8a, 6, 0, 0, 0, 0, 0, 1, 0x2e]), 2 ** 40);
  assert.equal(read([0x8a, 0, 0x2e]), 0);
  assert.throws(() => read([0x8a, 8, 255, 255, 255, 255, 255, 255, 255, 127, 0x2e]), /below 2\^53/);
});

test('a global is only a name', () => {
  const names: string[] = [];
  const builder: PickleBuilder = {
    ...REFUSE,
    call: (callee) => {
      names.push(callee.name);
      return null;
    },
  };
  assert.equal(readPickle(Buffer.from('cbuiltins\neval\n)R.'), builder), null);
  assert.deepEqual(names, ['builtins.eval']);
});
