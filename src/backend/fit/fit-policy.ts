import type { JobRequest } from '../jobs/job-queue.js';
import { MAX_DELAY_MS } from '../jobs/job-limits.js';
import type { FitInput } from './fit-input.js';
import { type LastFit, readLastFit } from './last-fit.js';

/** When events lead to a fit; a person who asks for one is not held up. */
export interface FitPolicy {
  /** Masks that a project must have gained since it was last learned from. */
  readonly minNewMasks: number;
  /** Least time from the end of a fit to the start of the next. */
  readonly minPauseMs: number;
  /** Quiet time after the last event, so that a burst of them leads to one fit. */
  readonly quietMs: number;
}

/** How long after an event a fit may start: when things are quiet, and not too soon after the one before. */
export function automaticDelayMs(
  { minPauseMs, quietMs }: FitPolicy,
  last: Pick<LastFit, 'endedMs'> | null,
  nowMs: number,
): number {
  const untilPauseEnds = last === null ? 0 : last.endedMs + minPauseMs - nowMs;
  return Math.min(MAX_DELAY_MS, Math.max(0, quietMs, untilPauseEnds));
}

/** Whether a project has enough new masks. What was never learned from has only new ones. */
export function hasEnoughNew({ minNewMasks }: FitPolicy, last: LastFit | null, masks: number): boolean {
  return masks - (last?.masks ?? 0) >= minNewMasks;
}

/**
 * The job that an event of a project asks for. Equal ones join while they wait, so that it may be enqueued at every event;
 * whether there are enough new masks is looked at when it starts. Throws ADAPTER_PROJECT.
 */
export async function automaticFit(
  project: string,
  input: FitInput,
  {
    policy,
    adaptersDir,
    nowMs,
  }: { readonly policy: FitPolicy; readonly adaptersDir: string; readonly nowMs: number },
): Promise<JobRequest> {
  const last = await readLastFit(adaptersDir, project);
  return {
    kind: 'fit',
    project,
    input: { ...input, automatic: true },
    delayMs: automaticDelayMs(policy, last, nowMs),
  };
}
