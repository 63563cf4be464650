import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { automaticDelayMs, automaticFit, hasEnoughNew } from '../../../src/backend/fit/fit-policy.js';
import { readLastFit, writeLastFit } from '../../../src/backend/fit/last-fit.js';
import { temporaryFolder } from '../jobs/open-queue.js';

const POLICY = { minNewMasks: 50, minPauseMs: 600_000, quietMs: 60_000 };

test('events wait until things are quiet and the pause since the last fit is over, an hour at most', () => {
  assert.equal(automaticDelayMs(POLICY, null, 5_000_000), 60_000);
  assert.equal(automaticDelayMs(POLICY, { endedMs: 5_000_000 }, 5_100_000), 500_000);
  assert.equal(automaticDelayMs(POLICY, { endedMs: 5_000_000 }, 9_000_000), 60_000);
  // A clock that went back.
  assert.equal(automaticDelayMs(POLICY, { endedMs: 90_000_000 }, 5_000_000), 3_600_000);
});

test('what was never learned from needs as many masks as what was learned from needs new ones', () => {
  assert.equal(hasEnoughNew(POLICY, null, 49), false);
  assert.equal(hasEnoughNew(POLICY, null, 50), true);
  assert.equal(hasEnoughNew(POLICY, { endedMs: 0, masks: 100 }, 149), false);
  assert.equal(hasEnoughNew(POLICY, { endedMs: 0, masks: 100 }, 150), true);
  assert.equal(hasEnoughNew({ ...POLICY, minNewMasks: 0 }, { endedMs: 0, masks: 9 }, 9), true);
});

test('when a project was last learned from outlives the server; a damaged note counts as none', async (context) => {
  const adaptersDir = await temporaryFolder(context);
  assert.equal(await readLastFit(adaptersDir, 'cvat-3'), null);
  await writeLastFit(adaptersDir, 'cvat-3', { endedMs: 1_000_000, masks: 12 });
  assert.deepEqual(await readLastFit(adaptersDir, 'cvat-3'), { endedMs: 1_000_000, masks: 12 });
  const input = { source: 'cvat', project: 3 };
  assert.deepEqual(await automaticFit('cvat-3', input, { policy: POLICY, adaptersDir, nowMs: 1_100_000 }), {
    kind: 'fit',
    project: 'cvat-3',
    input: { ...input, automatic: true },
    delayMs: 500_000,
  });
  await mkdir(join(adaptersDir, 'odd'));
  await writeFile(join(adaptersDir, 'odd', 'last-fit.json'), '{"endedMs": "x"');
  assert.equal(await readLastFit(adaptersDir, 'odd'), null);
});
