import assert from 'node:assert/strict';
import test from 'node:test';
import { learnAdapter } from '../../src/fit/learn-adapter.js';
import { SPLIT_DEFAULTS, splitByImage } from '../../src/refiner/image-split.js';
import { SELECTABLE, syntheticProject, type ProjectOptions } from '../refiner/synthetic-project.js';

function project(changes: Partial<ProjectOptions> = {}): Parameters<typeof learnAdapter>[0] {
  const whole = { images: 200, masksPerImage: 3, seed: 5, right: () => 3, believed: () => 1, ...changes };
  return { ...splitByImage(syntheticProject(whole), SPLIT_DEFAULTS), selectable: SELECTABLE };
}

test('what is better on held-out images is accepted, with its figures', async () => {
  const steps: number[] = [];
  const outcome = await learnAdapter(project(), { onStep: ({ step }) => void steps.push(step) });
  assert.equal(outcome.status, 'accepted');
  assert.ok(outcome.figures.after.meanIou > outcome.figures.before.meanIou);
  assert.ok(outcome.figures.gainInterval.low > 0);
  assert.ok(steps.length > 50);
});

test('what is not better, what is too little and what cannot be ranked is refused', async () => {
  const right = await learnAdapter(project({ believed: () => 3 }));
  assert.deepEqual([right.status, 'stage' in right && right.stage], ['refused', 'judge']);
  const few = await learnAdapter(project({ images: 12 }));
  assert.equal('reason' in few && few.reason, 'too-few-images');
  assert.equal(few.figures, null);
  const none = await learnAdapter({ training: [], heldOut: [], selectable: [] });
  assert.deepEqual(
    ['stage' in none && none.stage, 'reason' in none && none.reason],
    ['fit', 'too-few-examples'],
  );
});

test('learning stops when it is aborted', async () => {
  const abort = new AbortController();
  abort.abort(new Error('enough'));
  await assert.rejects(learnAdapter(project(), { signal: abort.signal }), /enough/);
});
