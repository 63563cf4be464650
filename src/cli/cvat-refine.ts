import { Presets, SingleBar } from 'cli-progress';
import { refineTask } from '../backend/cvat/task/refine-task.js';
import { PACE } from '../backend/cvat/task/task-means.js';
import type { TaskReport } from '../backend/cvat/task/task-report.js';
import { taskWish, type TaskWish } from '../backend/cvat/task/task-wish.js';
import { withTask } from '../backend/cvat/task/with-task.js';
import { loadConfig } from '../config.js';
import type { AdapterFlags } from './adapter-option.js';
import { openChosenInference } from './cvat-inference.js';
import { interruptible, leftJobs, writeReport } from './cvat-run.js';
import type { ModelFlags } from './model-options.js';

type RefineCvatFlags = ModelFlags &
  AdapterFlags & {
    readonly task: number;
    readonly job?: number;
    readonly labels?: readonly string[];
    readonly mode: TaskWish['mode'];
    readonly boxes: TaskWish['boxes'];
    readonly report?: string;
  };

/** Frames that are fetched while one is refined. */
const FRAMES_AT_ONCE = 2;

/** `samrefiner cvat refine`. */
export async function refineCvatTask(flags: RefineCvatFlags): Promise<void> {
  const config = loadConfig(process.env);
  const report = await interruptible((signal) =>
    withTask(config, flags.task, async (open) => {
      const { inference, options } = await openChosenInference(config, flags, signal);
      const bar = progressBar();
      try {
        const polygon = {
          kind: 'polygon',
          minIou: config.polygonMinIou,
          maxVertices: config.polygonMaxVertices,
        } as const;
        const means = { ...open, inference, options, polygon, pace: PACE, framesAtOnce: FRAMES_AT_ONCE };
        return await refineTask(taskWish(flags), means, {
          signal,
          run: null,
          onProgress: ({ done, total }) => {
            bar.setTotal(total);
            bar.update(done);
            return Promise.resolve();
          },
        });
      } finally {
        bar.stop();
        await inference.close();
      }
    }),
  );
  await writeReport(flags.report, report);
  process.stdout.write(`${describe(report)}\n`);
  if (report.counts.failed + report.counts.left > 0) process.exitCode = 1;
}

function progressBar(): SingleBar {
  const bar = new SingleBar(
    { format: '{bar} {value}/{total} frames', stream: process.stderr, clearOnComplete: true },
    Presets.shades_classic,
  );
  bar.start(0, 0);
  return bar;
}

function describe({ task, mode, model, run, counts, jobs, shapes }: TaskReport): string {
  const { refined, kept, skipped, failed, left } = counts;
  const done = { replace: 'replaced', beside: 'added beside', 'dry-run': 'would be refined' }[mode];
  const reasons = new Map<string, number>();
  for (const { status, reason } of shapes) {
    if (status === 'refined') continue;
    const text = `${status}: ${reason ?? 'no reason'}`;
    reasons.set(text, (reasons.get(text) ?? 0) + 1);
  }
  return [
    `task ${task}, run ${run}, ${model}: ${refined} ${done}, ${kept} kept, ${skipped} skipped, ${failed} failed, ${left} left`,
    ...[...reasons].map(([text, count]) => `  ${count} ${text}`),
    ...leftJobs(jobs),
    ...(mode === 'dry-run' || refined === 0 ? [] : [`to take it back: samrefiner cvat undo --task ${task}`]),
  ].join('\n');
}
