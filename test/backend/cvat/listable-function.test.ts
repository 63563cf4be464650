import assert from 'node:assert/strict';
import test from 'node:test';
import { isListable } from '../../../src/backend/cvat/listable-function.js';
import { readFixture } from '../../support/fixtures.js';

const ANSWERS = JSON.parse(readFixture('cvat/nuclio-answers.json').toString()) as readonly {
  readonly id: string;
  readonly answer: Readonly<Record<string, unknown>>;
  /** What CVAT's own list then is: 200, or 500 for the whole of it. */
  readonly status: number;
}[];

test('of the recorded functions those that cost CVAT its whole list are not listable, all others are', () => {
  const answers = ANSWERS.filter(({ answer }) => !Array.isArray(answer));
  assert.equal(answers.length, 22);
  for (const { id, answer, status } of answers) {
    const unlistable = Object.keys(answer).filter((key) => !isListable(answer[key]));
    assert.deepEqual(unlistable, status === 500 ? ['bad'] : [], id);
  }
});

test('what is no function at all is not listable', () => {
  for (const value of [null, undefined, 'text', 5, [], {}, { metadata: [], spec: [], status: [] }]) {
    assert.equal(isListable(value), false);
  }
});
