import assert from 'node:assert/strict';
import test from 'node:test';
import { compileSchema } from '../../src/backend/validate.js';
import { RefinerError } from '../../src/errors.js';

interface Body {
  readonly name: string;
  readonly size: { readonly width: number };
}

const check = compileSchema<Body>({
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', maxLength: 5 },
    size: { type: 'object', required: ['width'], properties: { width: { type: 'integer', minimum: 1 } } },
    kind: { enum: ['a', 'b'] },
  },
});

function factsOf(value: unknown): object {
  try {
    check(value);
  } catch (error) {
    if (error instanceof RefinerError && error.code === 'BODY_INVALID') return error.facts;
    throw error;
  }
  throw new assert.AssertionError({ message: 'the value was accepted' });
}

test('a valid value comes back as it is', () => {
  const value = { name: 'x', size: { width: 3 } };
  assert.equal(check(value), value);
});

test('a refusal says what was expected, where, and what was received', () => {
  assert.deepEqual(factsOf([1, 2]), { where: 'the body', expected: 'object', received: 'an array of 2' });
  assert.deepEqual(factsOf(null), { where: 'the body', expected: 'object', received: 'null' });
  assert.deepEqual(factsOf({ nam: 1 }), {
    where: 'the body',
    expected: 'a property "name"',
    received: 'an object with nam',
  });
  assert.deepEqual(factsOf({ name: 'x', size: { width: 'wide' } }), {
    where: '/size/width',
    expected: 'integer',
    received: '"wide"',
  });
  assert.deepEqual(factsOf({ name: 'x', size: { width: 0 } }), {
    where: '/size/width',
    expected: '>= 1',
    received: '0',
  });
  assert.deepEqual(factsOf({ name: 'x', kind: 'c' }), {
    where: '/kind',
    expected: 'one of ["a","b"]',
    received: '"c"',
  });
  assert.deepEqual(factsOf({ name: 'x', extra: 1 }), {
    where: 'the body',
    expected: 'no property "extra"',
    received: 'an object with name, extra',
  });
});

test('long strings are not repeated', () => {
  const facts = factsOf({ name: 'y'.repeat(10_000) });
  assert.deepEqual(facts, {
    where: '/name',
    expected: 'at most 5 characters',
    received: 'a string of 10000 characters',
  });
});
