import type { TestContext } from 'node:test';
import { systemClock } from '../../../src/backend/jobs/clock.js';
import { createJobQueue, type JobQueue } from '../../../src/backend/jobs/job-queue.js';
import { register } from '../../../src/backend/jobs/job-runner.js';
import { openSqliteJobStore } from '../../../src/backend/jobs/sqlite-job-store.js';
import { collectingLog } from '../open-app.js';
import { temporaryFolder } from './open-queue.js';

/** A queue that knows jobs of kind `fit`, with any input, but never starts them; closed with the test. */
export async function openIdleFitQueue(context: TestContext): Promise<JobQueue> {
  const store = await openSqliteJobStore(`${await temporaryFolder(context)}/jobs.sqlite`);
  const fit = register<unknown, unknown>({
    kind: 'fit',
    inputSchema: { type: 'object' },
    check: (input) => Promise.resolve(input),
    readState: (value) => value,
    run: () => Promise.resolve(null),
  });
  const { log } = collectingLog('silent');
  context.after(() => store.close());
  return createJobQueue({ store, runners: [fit], clock: systemClock(), log, maxRunning: 1 });
}
