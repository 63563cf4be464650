import type { PatchAction, ShapeData, StoredShape } from '../rest/annotations.js';
import type { JobReport, ShapeReport } from './task-report.js';

/** One refining of the task. */
export interface Run {
  readonly id: number;
  readonly state: 'running' | 'done' | 'undone';
  readonly model: string;
  /** Of a run that is done. */
  readonly jobs: readonly JobReport[];
}

/** One shape of a write. */
export interface Change {
  /** The shape as it was: replaced, taken away, or the one beside which another is put. */
  readonly old: StoredShape;
  /** What is put there; null where a shape is only taken away. */
  readonly now: ShapeData | null;
  /** What the report says once it is written; null when a run is taken back. */
  readonly line: ShapeReport | null;
  /** The change that is taken back. */
  readonly undoes: number | null;
}

export interface NewWrite {
  readonly run: number;
  readonly job: number;
  readonly action: PatchAction;
  readonly changes: readonly Change[];
  /** Highest id of a shape of the job before; all that the write makes are higher. */
  readonly highestId: number;
  readonly sentMs: number;
}

export interface Write extends NewWrite {
  readonly id: number;
}

/** A shape that a run has written. */
export interface Product {
  readonly change: number;
  readonly run: number;
  readonly job: number;
  readonly action: PatchAction;
  readonly old: StoredShape;
  readonly shape: StoredShape;
}
