/* Against what the training of `lite` was checked with; see test/golden/training-prompts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { trainingPromptVectors } from './training-prompt-vectors.js';

const file = 'test/golden/training-prompts/vectors.json';

test('prompts are made by the rules that the lite model was trained with', () => {
  const recorded: unknown = JSON.parse(readFileSync(file, 'utf8'));
  assert.deepEqual(
    trainingPromptVectors(),
    recorded,
    `Changed prompts change what ${file} and models/lite/train must say`,
  );
});
