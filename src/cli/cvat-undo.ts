import { PACE } from '../backend/cvat/task/task-means.js';
import type { UndoReport } from '../backend/cvat/task/task-report.js';
import { undoTask } from '../backend/cvat/task/undo-task.js';
import { withTask } from '../backend/cvat/task/with-task.js';
import { loadConfig } from '../config.js';
import { interruptible, leftJobs, writeReport } from './cvat-run.js';

interface UndoFlags {
  readonly task: number;
  readonly job?: number;
  readonly report?: string;
}

/** `samrefiner cvat undo`. */
export async function undoCvatTask({ task, job, report: file }: UndoFlags): Promise<void> {
  const report = await interruptible((signal) =>
    withTask(loadConfig(process.env), task, ({ client, record }) =>
      undoTask({ task, job: job ?? null }, { client, record, pace: PACE }, signal),
    ),
  );
  await writeReport(file, report);
  process.stdout.write(`${describe(report)}\n`);
  if (report.counts.left > 0) process.exitCode = 1;
}

function describe({ task, run, counts, jobs, shapes }: UndoReport): string {
  if (run === null) return `task ${task}: there is nothing to take back`;
  const { restored, removed, left } = counts;
  const reasons = new Set(shapes.flatMap(({ reason }) => reason ?? []));
  const why = left === 0 ? '' : ` (${[...reasons].join(', ')})`;
  return [
    `task ${task}, run ${run}: ${restored} restored, ${removed} removed, ${left} left alone${why}`,
    ...leftJobs(jobs),
  ].join('\n');
}
