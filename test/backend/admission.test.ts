import assert from 'node:assert/strict';
import test from 'node:test';
import { createAdmission } from '../../src/backend/admission.js';
import { RefinerError } from '../../src/errors.js';

const isFull = (error: unknown): boolean =>
  error instanceof RefinerError && error.code === 'QUEUE_FULL' && (error.facts.retryAfterSeconds ?? 0) > 0;

test('a lane takes so many requests, each leaving makes room, and lanes do not take it from one another', () => {
  const admission = createAdmission({ maxRequests: 2, maxBytes: 1000, maxBodyBytes: 500 });
  const leave = admission.enter('predict', 1);
  admission.enter('predict', 1);
  assert.throws(() => admission.enter('predict', 1), isFull);
  admission.enter('notice', 1);
  leave();
  leave();
  admission.enter('predict', 1);
  assert.throws(() => admission.enter('predict', 1), isFull);
});

test('a lane takes so many bytes, but a single request always', () => {
  const admission = createAdmission({ maxRequests: 10, maxBytes: 100, maxBodyBytes: 500 });
  const leave = admission.enter('predict', 400);
  assert.throws(() => admission.enter('predict', 1), isFull);
  leave();
  admission.enter('predict', 60);
  admission.enter('predict', 40);
  assert.throws(() => admission.enter('predict', 1), isFull);
});
