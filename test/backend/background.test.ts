import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { createBackground } from '../../src/backend/background.js';
import { RefinerError } from '../../src/errors.js';

interface Started {
  readonly name: string;
  readonly finish: () => void;
}

/** A background whose work goes on until it is finished or aborted, and what became of it. */
function opened(deadlineMs = 60_000): {
  background: ReturnType<typeof createBackground>;
  begin: (name: string) => void;
  started: Started[];
  ended: string[];
  failures: unknown[];
} {
  const started: Started[] = [];
  const ended: string[] = [];
  const failures: unknown[] = [];
  const background = createBackground({
    maxAtOnce: 2,
    deadlineMs,
    onFailure: (_, error) => failures.push(error),
  });
  const begin = (name: string): void => {
    background.start(name, async (signal) => {
      await new Promise<void>((resolve, reject) => {
        started.push({ name, finish: resolve });
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }).finally(() => ended.push(name));
    });
  };
  return { background, begin, started, ended, failures };
}

test('work of one name runs once at a time, and no more than may be runs at all', async () => {
  const { background, begin, started } = opened();
  for (const name of ['a', 'a', 'b', 'c']) begin(name);
  assert.deepEqual(
    started.map(({ name }) => name),
    ['a', 'b'],
  );
  started[0]?.finish();
  while (started.length < 3) {
    await new Promise(setImmediate);
    begin('c');
  }
  assert.equal(started[2]?.name, 'c');
  await background.close();
});

test('closing aborts what is under way, waits for its end, tells of no failure and starts nothing more', async () => {
  const { background, begin, started, ended, failures } = opened();
  begin('a');
  await background.close();
  assert.deepEqual(ended, ['a']);
  assert.deepEqual(failures, []);
  begin('b');
  assert.equal(started.length, 1);
});

test('work that takes too long is aborted, and that is told', async () => {
  const reached = new EventTarget();
  const background = createBackground({
    maxAtOnce: 1,
    deadlineMs: 1,
    onFailure: (name, error) => reached.dispatchEvent(new CustomEvent('failed', { detail: { name, error } })),
  });
  const failed = once(reached, 'failed');
  background.start('slow', (signal) => once(signal, 'abort').then(() => signal.throwIfAborted()));
  const [event] = (await failed) as [CustomEvent<{ name: string; error: unknown }>];
  assert.equal(event.detail.name, 'slow');
  assert.ok(event.detail.error instanceof RefinerError && event.detail.error.code === 'DEADLINE_EXCEEDED');
  await background.close();
});
