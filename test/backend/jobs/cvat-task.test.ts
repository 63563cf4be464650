import assert from 'node:assert/strict';
import test from 'node:test';
import request from 'supertest';
import type { Job } from '../../../src/backend/jobs/job.js';
import type { JobQueue } from '../../../src/backend/jobs/job-queue.js';
import { isFinished } from '../../../src/backend/jobs/job.js';
import type { TaskReport, UndoReport } from '../../../src/backend/cvat/task/task-report.js';
import { openCvatDouble } from '../../support/cvat-double.js';
import { blackFrame, contents, maskShape } from '../cvat/task/open-task.js';
import { dilatingInference } from '../label-studio/dilating-inference.js';
import { openApp } from '../open-app.js';
import { servingOnly } from '../serving-only.js';

/** Resolves to the job when it has ended. */
async function ended(jobs: JobQueue, id: string): Promise<Job> {
  for (;;) {
    let unwatch = (): void => undefined;
    const changed = new Promise<void>((resolve) => (unwatch = jobs.watch(id, resolve)));
    const job = await jobs.get(id);
    if (job && isFinished(job)) {
      unwatch();
      return job;
    }
    await changed;
    unwatch();
  }
}

test('a task of CVAT is refined by a job of the server, and taken back by another', async (context) => {
  const double = await openCvatDouble();
  context.after(() => double.close());
  const file = await blackFrame();
  double.frame = () => file;
  double.authorization = 'Token secret';
  const job = double.addJob({ id: 19, stop_frame: 4 });
  for (let frame = 0; frame < 5; frame++) double.addShape(19, maskShape(frame, 10, 10));
  const before = contents(job.shapes);
  const models = servingOnly(dilatingInference());
  const env = { CVAT_URL: double.origin, CVAT_TOKEN: 'secret' };
  const { app, services, logged } = await openApp(context, env, { models });
  await services.jobs.start();

  async function done(body: object): Promise<Job> {
    const asked = await request(app).post('/v1/jobs').send(body).expect(202);
    const finished = await ended(services.jobs, (asked.body as { readonly id: string }).id);
    assert.equal(finished.state, 'done', JSON.stringify(finished.failure));
    return finished;
  }

  const refined = await done({ kind: 'cvat-task', input: { task: 7, labels: ['cat', 'cat'] } });
  const report = refined.result as TaskReport;
  assert.equal(report.counts.refined, 5);
  assert.deepEqual(refined.input, { labels: ['cat'], task: 7 });
  assert.deepEqual(refined.progress, { done: 5, total: 5, message: 'job 19' });
  assert.ok(job.shapes.every(({ source }) => source === 'semi-auto'));
  const undone = await done({ kind: 'cvat-undo', input: { task: 7 } });
  assert.deepEqual((undone.result as UndoReport).counts, { restored: 5, removed: 0, left: 0 });
  assert.deepEqual(contents(job.shapes), before);
  assert.ok(!logged().includes('secret'));
});

test('such jobs are refused before they are taken when no CVAT is set, or the wish is malformed', async (context) => {
  const { app } = await openApp(context);
  const refused = await request(app)
    .post('/v1/jobs')
    .send({ kind: 'cvat-task', input: { task: 7 } });
  assert.equal(refused.status, 403);
  assert.match(refused.text, /CVAT_NOT_SET_UP.*CVAT_URL/);
  const set = await openApp(context, { CVAT_URL: 'http://cvat.example.test' });
  for (const input of [{}, { task: 0 }, { task: 7, mode: 'over' }, { task: 7, labels: [] }, { task: '7' }]) {
    const answer = await request(set.app).post('/v1/jobs').send({ kind: 'cvat-task', input });
    assert.equal(answer.status, 400, JSON.stringify(input));
  }
});
