import { setTimeout as delay } from 'node:timers/promises';
import type { Inference } from '../../../onnx/inference.js';
import type { RefineOptions } from '../../../refiner/options.js';
import type { CvatClient } from '../rest/client.js';
import type { FormChoice } from './shape-forms.js';
import type { TaskRecord } from './task-record.js';

/** What writing to CVAT takes. */
export interface WriteMeans {
  readonly client: CvatClient;
  readonly record: TaskRecord;
  readonly pace: Pace;
}

/** What refining a task takes. */
export interface TaskMeans extends WriteMeans {
  readonly inference: Inference;
  readonly options: RefineOptions;
  readonly polygon: FormChoice['polygon'];
  /** Frames that are fetched and refined at the same time. */
  readonly framesAtOnce: number;
}

export interface Pace {
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long a write without an answer may still be on its way; the proxy before CVAT gives up after a minute. */
  readonly unansweredMs: number;
  /** A write is sent when it has so many frames, or its oldest has waited so long. */
  readonly maxWriteFrames: number;
  readonly maxWriteAgeMs: number;
  /** Bytes of one write, unless a single shape is larger; CVAT takes 100 MB. */
  readonly maxWriteBytes: number;
}

export const PACE: Pace = {
  nowMs: () => Date.now(),
  wait: (ms, signal) => delay(ms, undefined, { signal }),
  unansweredMs: 75_000,
  maxWriteFrames: 10,
  maxWriteAgeMs: 30_000,
  maxWriteBytes: 4 * 1024 * 1024,
};
