import { appendFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../src/backend/jobs/clock.js';
import { createJobQueue } from '../../../src/backend/jobs/job-queue.js';
import { register } from '../../../src/backend/jobs/job-runner.js';
import { refineFolderRunner } from '../../../src/backend/jobs/refine-folder.js';
import { openSqliteJobStore } from '../../../src/backend/jobs/sqlite-job-store.js';
import { createLog } from '../../../src/backend/log.js';
import { PRESETS } from '../../../src/refiner/presets.js';
import { dilatingInference } from '../label-studio/dilating-inference.js';

/**
 * Program of the process that `refine-folder.test.ts` kills: takes up the jobs of a folder's store, tells every image
 * that it begins, and stands still at the one that STUCK_AT counts.
 */
const folder = process.argv[2] ?? '';
const stuckAt = Number(process.argv[3]);
await mkdir(folder, { recursive: true });
const store = await openSqliteJobStore(join(folder, 'jobs.sqlite'));
const dilating = dilatingInference();
let begun = 0;
const inference: typeof dilating = {
  ...dilating,
  refine: async (request, options) => {
    appendFileSync(join(folder, 'begun.log'), `${Buffer.from(request.image).readUInt32BE(16)}\n`);
    begun++;
    if (begun !== stuckAt) return dilating.refine(request, options);
    process.stdout.write('stuck\n');
    setInterval(() => undefined, 1000);
    return new Promise(() => undefined);
  },
};
const queue = createJobQueue({
  store,
  runners: [
    register(refineFolderRunner({ dataDir: folder, inference, options: PRESETS.paper, maxImageBytes: 1e6 })),
  ],
  clock: systemClock(),
  log: createLog('silent'),
  maxRunning: 1,
});
if ((await queue.list({ limit: 1 })).length === 0) {
  const input = { images: 'images', masks: 'masks', out: 'out' };
  await queue.enqueue({ kind: 'refine-folder', project: 'a', input, delayMs: 0 });
}
const id = (await queue.list({ limit: 1 }))[0]?.id ?? '';
const ended = new Promise<void>((resolve) => {
  queue.watch(id, () => void queue.get(id).then((job) => job?.state === 'done' && resolve()));
});
await queue.start();
await ended;
process.stdout.write(JSON.stringify(await queue.get(id)));
await queue.stop();
await store.close();
