import { writeFile } from 'node:fs/promises';
import type { JobReport } from '../backend/cvat/task/task-report.js';
import { awaitStop } from '../backend/stop-signal.js';
import { RefinerError } from '../errors.js';

/** Runs work that Ctrl-C or SIGTERM ends in good order; a second signal ends the process the hard way. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = awaitStop(controller.signal);
  void stop.stopped.then((name) => {
    stop.close();
    const expected = 'the same command once more, which goes on from here';
    controller.abort(new RefinerError('ABORTED', { where: name, expected }));
  });
  try {
    return await work(controller.signal);
  } finally {
    stop.close();
  }
}

export async function writeReport(file: string | undefined, report: object): Promise<void> {
  if (file !== undefined) await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

export function leftJobs(jobs: readonly JobReport[]): readonly string[] {
  return jobs
    .filter(({ status }) => status === 'left')
    .map(({ job, reason }) => `job ${job} was left alone: ${reason ?? 'no reason'}`);
}
