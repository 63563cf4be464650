import type { TaskWish } from './task-wish.js';

/**
 * What became of a shape. `refined`: written, or in a dry run only judged. `kept`: not improved, so not written.
 * `failed`: could not be used. `skipped`: not of a kind that is refined. `left`: somebody else's work was in the way.
 */
export const SHAPE_STATUSES = ['refined', 'kept', 'failed', 'skipped', 'left'] as const;
export type ShapeStatus = (typeof SHAPE_STATUSES)[number];

export interface ShapeReport {
  readonly job: number;
  readonly frame: number;
  /** Id that the shape had; of a track its own. */
  readonly id: number;
  readonly type: string;
  readonly label: string;
  readonly status: ShapeStatus;
  readonly reason?: string;
  /** Id of what was written. */
  readonly newId?: number;
  readonly agreementIou?: number;
  readonly predictedIou?: number;
}

/** What became of a job as a whole; `left` with the reason when it was not, or not to its end, worked on. */
export interface JobReport {
  readonly job: number;
  readonly status: 'done' | 'left';
  readonly reason?: string;
}

export interface TaskReport {
  readonly task: number;
  readonly mode: TaskWish['mode'];
  readonly model: string;
  /** Number of the run in the record of the task; `undo` takes back the last one. */
  readonly run: number;
  readonly counts: Readonly<Record<ShapeStatus, number>>;
  readonly jobs: readonly JobReport[];
  readonly shapes: readonly ShapeReport[];
}

export interface UndoReport {
  readonly task: number;
  /** The run that was taken back; null when there was none. */
  readonly run: number | null;
  readonly counts: { readonly restored: number; readonly removed: number; readonly left: number };
  readonly jobs: readonly JobReport[];
  readonly shapes: readonly {
    readonly job: number;
    readonly frame: number;
    /** Id of what the run had written. */
    readonly id: number;
    readonly status: 'restored' | 'removed' | 'left';
    readonly reason?: string;
    /** Id of the restored shape. */
    readonly newId?: number;
  }[];
}

export function countStatuses(shapes: readonly ShapeReport[]): Record<ShapeStatus, number> {
  const counts = { refined: 0, kept: 0, failed: 0, skipped: 0, left: 0 };
  for (const { status } of shapes) counts[status]++;
  return counts;
}
