import type { RefinerError } from '../../../errors.js';
import type { PatchAction } from '../rest/annotations.js';
import type { JobWatch } from './job-watch.js';
import type { Change, Run } from './recorded.js';
import type { FrameOutcome } from './refine-frame.js';
import type { TaskMeans } from './task-means.js';
import type { ShapeReport } from './task-report.js';
import type { TaskWish } from './task-wish.js';
import { type GuardedOutcome, reasonLeft, writeGuarded } from './write-guarded.js';

export interface BatchSettings {
  readonly job: number;
  readonly run: Run;
  readonly wish: TaskWish;
  readonly watch: JobWatch;
  readonly means: TaskMeans;
}

/** Refined frames of one job that are to be written together, because every write reads the whole job again. */
export class FrameBatch {
  readonly #frames: FrameOutcome[] = [];
  #sinceMs = 0;

  constructor(private readonly settings: BatchSettings) {}

  add(outcome: FrameOutcome): void {
    if (this.#frames.length === 0) this.#sinceMs = this.settings.means.pace.nowMs();
    this.#frames.push(outcome);
  }

  isFull(): boolean {
    const { nowMs, maxWriteFrames, maxWriteAgeMs } = this.settings.means.pace;
    return this.#frames.length >= maxWriteFrames || nowMs() - this.#sinceMs >= maxWriteAgeMs;
  }

  /** Writes what was added, notes what became of it and begins anew. Throws as `writeGuarded`. */
  async write(signal: AbortSignal): Promise<GuardedOutcome> {
    const { job, run, wish, watch, means } = this.settings;
    const frames = this.#frames.splice(0);
    const lines = frames.flatMap((outcome) => outcome.lines);
    const changes = frames.flatMap((outcome) => outcome.changes);
    if (wish.mode === 'dry-run') {
      means.record.note(run.id, [...lines, ...changes.flatMap(lineOf)]);
      return { kind: 'written' };
    }
    means.record.note(run.id, lines);
    const action: PatchAction = wish.mode === 'replace' ? 'update' : 'create';
    const refused = (change: Change, error: RefinerError): void =>
      means.record.note(run.id, lineOf(change).map(refusedLine(error)));
    const write = { run: run.id, job, action, changes };
    const outcome = await writeGuarded(write, watch, means, refused, signal);
    if (outcome.kind === 'touched') {
      const left = outcome.unwritten.flatMap((change) =>
        lineOf(change).map((line) => {
          const reason = reasonLeft(change.old, outcome.state);
          return { ...line, status: 'left', reason } as const;
        }),
      );
      means.record.note(run.id, left);
    }
    return outcome;
  }
}

function lineOf({ line }: Change): readonly ShapeReport[] {
  return line === null ? [] : [line];
}

function refusedLine({ code, facts }: RefinerError): (line: ShapeReport) => ShapeReport {
  return (line) => ({ ...line, status: 'failed', reason: `${code} ${facts.received ?? ''}`.trim() });
}
