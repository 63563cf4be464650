/**
 * Writes what src/refiner makes of a few masks, for models/lite/train/test_prompts.py to be held against.
 *
 *     npm run pretest && node build/test/golden/training-prompts/make-vectors.js
 */
import { writeFileSync } from 'node:fs';
import { trainingPromptVectors } from '../../refiner/training-prompt-vectors.js';

const vectors = trainingPromptVectors().map((vector) => JSON.stringify(vector));
writeFileSync('test/golden/training-prompts/vectors.json', `[\n${vectors.join(',\n')}\n]\n`);
