import assert from 'node:assert/strict';
import test from 'node:test';

import type { Lane } from '../../src/onnx/inference.js';
import { choosePlace, type Place, type Placeable } from '../../src/onnx/placement.js';

const QUICK = { serviceMs: 100, encodeMs: 50 };

function worker(running: readonly Placeable[] = [], held: readonly string[] = []): Place {
  return { running, heldCount: held.length, holds: (imageKey) => held.includes(imageKey) };
}

function request(imageKey: string, lane: Lane = 'batch'): Placeable {
  return { imageKey, lane };
}

test('a request goes to the worker that has its image', () => {
  const [other, home] = [worker(), worker([], ['cat', 'dog'])];
  assert.deepEqual(choosePlace(request('dog'), [other, home], new Map(), QUICK), { take: home });
});

test('an unknown image goes to an idle worker, of these to the one with the emptier cache', () => {
  const [busy, full, empty] = [worker([request('x')]), worker([], ['a']), worker()];
  assert.deepEqual(choosePlace(request('new'), [busy, full, empty], new Map(), QUICK), { take: empty });
});

test('an image that is just being encoded is waited for, however long the queue', () => {
  const [home, idle] = [worker([request('cat')]), worker()];
  const slow = { serviceMs: 60_000, encodeMs: 1 };
  assert.deepEqual(choosePlace(request('cat'), [home, idle], new Map([[home, 99]]), slow), { waitFor: home });
});

test('a worker that will be busy for long is not waited for when another is idle', () => {
  const [home, idle] = [worker([request('dog')], ['cat']), worker()];
  assert.deepEqual(choosePlace(request('cat'), [home, idle], new Map([[home, 2]]), QUICK), { waitFor: home });
  assert.deepEqual(choosePlace(request('cat'), [home, idle], new Map([[home, 200]]), QUICK), { take: idle });
  const slowEncoder = { serviceMs: 100, encodeMs: 15_000 };
  assert.deepEqual(choosePlace(request('cat'), [home, idle], new Map([[home, 200]]), slowEncoder), {
    waitFor: home,
  });
});

test('an interactive request is sent to a worker with a batch request, but not to one with an interactive one', () => {
  const batch = worker([request('x', 'batch')]);
  const interactive = worker([request('y', 'interactive')]);
  assert.deepEqual(choosePlace(request('z', 'interactive'), [interactive, batch], new Map(), QUICK), {
    take: batch,
  });
  assert.deepEqual(choosePlace(request('z', 'batch'), [interactive, batch], new Map(), QUICK), {
    waitFor: null,
  });
});
