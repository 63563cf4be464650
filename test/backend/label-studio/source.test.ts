import assert from 'node:assert/strict';
import test from 'node:test';
import { chooseSource } from '../../../src/backend/label-studio/source.js';

const BOX = {
  id: 'b',
  type: 'rectanglelabels',
  from_name: 'box',
  to_name: 'image',
  value: { x: 1, y: 1, width: 9, height: 9, rectanglelabels: ['Ball'] },
};
const BOTH = ['predictions', 'annotations'] as const;
const isOwn = (version: string): boolean => version.startsWith('own-');

function prediction(
  id: number,
  modelVersion: string,
  createdAt: string,
  result: readonly unknown[] = [BOX],
): object {
  return { id, model_version: modelVersion, created_at: createdAt, result };
}

test('the newest prediction that is not our own is refined', () => {
  const task = {
    predictions: [
      prediction(1, 'rough-1', '2026-01-01T00:00:00Z'),
      prediction(2, 'rough-2', '2026-01-03T00:00:00Z'),
      prediction(3, 'own-2', '2026-01-04T00:00:00Z'),
      prediction(4, 'rough-0', '2026-01-02T00:00:00Z'),
    ],
    annotations: [{ id: 9, result: [BOX], was_cancelled: false, updated_at: '2026-02-01T00:00:00Z' }],
  };
  assert.equal(chooseSource(task, BOTH, isOwn)?.id, '2');
  assert.equal(chooseSource(task, ['annotations'], isOwn)?.id, '9');
});

test('without a foreign prediction the annotation changed last counts, never a skipped one', () => {
  const task = {
    predictions: [prediction(3, 'own-1', '2026-01-04T00:00:00Z')],
    annotations: [
      {
        id: 10,
        result: [BOX],
        was_cancelled: false,
        created_at: '2026-01-01T00:00:00Z',
        updated_at: '2026-01-09T00:00:00Z',
      },
      {
        id: 11,
        result: [BOX],
        was_cancelled: false,
        created_at: '2026-01-05T00:00:00Z',
        updated_at: '2026-01-05T00:00:00Z',
      },
      { id: 12, result: [BOX], was_cancelled: true, updated_at: '2026-01-10T00:00:00Z' },
    ],
  };
  assert.deepEqual(
    [chooseSource(task, BOTH, isOwn)?.kind, chooseSource(task, BOTH, isOwn)?.id],
    ['annotations', '10'],
  );
  assert.equal(chooseSource(task, ['predictions'], isOwn), null);
});

test('result sets without shapes are passed over, and ids decide between equal times', () => {
  const choice = {
    id: 'c',
    type: 'choices',
    from_name: 'scene',
    to_name: 'image',
    value: { choices: ['indoor'] },
  };
  const task = {
    predictions: [
      prediction(5, 'rough', '2026-01-01T00:00:00Z'),
      prediction(7, 'rough', '2026-01-01T00:00:00Z'),
      prediction(8, 'classifier', '2026-01-02T00:00:00Z', [choice]),
    ],
  };
  assert.equal(chooseSource(task, BOTH, isOwn)?.id, '7');
});

test('tasks with missing or strange lists have no source', () => {
  for (const task of [
    {},
    { predictions: null, annotations: 'x' },
    { predictions: [null, 1, { result: 'x' }] },
  ]) {
    assert.equal(chooseSource(task, BOTH, isOwn), null);
  }
});
