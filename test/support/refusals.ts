import assert from 'node:assert/strict';
import { RefinerError, type ErrorCode, type ErrorFacts } from '../../src/errors.js';

/** For `assert.throws` and `assert.rejects`: an error of the catalogue whose facts match. */
export function refusedWith(
  code: ErrorCode,
  facts: Partial<Record<keyof ErrorFacts, RegExp>> = {},
): (error: unknown) => boolean {
  return (error) => {
    if (!(error instanceof RefinerError)) throw error;
    assert.equal(error.code, code, error.message);
    for (const [name, pattern] of Object.entries(facts)) {
      assert.match(String(error.facts[name as keyof ErrorFacts]), pattern);
    }
    return true;
  };
}
