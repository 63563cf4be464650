import assert from 'node:assert/strict';
import test from 'node:test';
import { logPoolEvent } from '../../src/backend/log-pool-event.js';
import type { Device, ProviderInUse } from '../../src/onnx/execution.js';
import { collectingLog } from './open-app.js';

const WARN = 'warn';

function linesFor(device: Device, inUse: ProviderInUse): readonly Record<string, unknown>[] {
  const { log, logged } = collectingLog('info');
  logPoolEvent(log, { kind: 'worker-started', worker: 0, modelVersion: 'lite-1', inUse }, device);
  return logged()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const FALLEN_BACK: ProviderInUse = {
  provider: 'cpu',
  refused: [{ provider: 'cuda', reason: 'no such library' }],
};

test('the log says what a worker runs on, and warns when that is not what was asked for', () => {
  const [warning, started] = linesFor('cuda', FALLEN_BACK);
  assert.deepEqual(
    [warning?.['level'], warning?.['wanted'], warning?.['reason']],
    [WARN, 'cuda', 'no such library'],
  );
  assert.equal(started?.['device'], 'cpu');
});

test('auto does not warn of a card that is not there', () => {
  assert.ok(linesFor('auto', FALLEN_BACK).every(({ level }) => level !== WARN));
});
