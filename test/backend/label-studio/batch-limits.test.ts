import assert from 'node:assert/strict';
import test from 'node:test';
import { startDeadline } from '../../../src/backend/label-studio/deadline.js';
import { mapBounded } from '../../../src/backend/label-studio/map-bounded.js';

test('at most so many items are worked on at a time, and results keep the order of the items', async () => {
  let running = 0;
  let most = 0;
  const results = await mapBounded([5, 4, 3, 2, 1], 2, async (item) => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
    running -= 1;
    return item * 10;
  });
  assert.deepEqual(results, [50, 40, 30, 20, 10]);
  assert.equal(most, 2);
});

test('a deadline aborts its signal with its reason, and nothing is left of the time', async () => {
  const deadline = startDeadline(1, new AbortController().signal);
  await new Promise((resolve) => {
    deadline.signal.addEventListener('abort', resolve);
  });
  assert.throws(() => deadline.signal.throwIfAborted(), { code: 'DEADLINE_EXCEEDED' });
  assert.equal(deadline.remainingMs(), 0);
});

test('an abort of the caller comes through with its reason', () => {
  const caller = new AbortController();
  const deadline = startDeadline(60_000, caller.signal);
  assert.ok(deadline.remainingMs() > 50_000);
  caller.abort(new Error('gone'));
  assert.throws(() => deadline.signal.throwIfAborted(), { message: 'gone' });
  deadline.close();
});
