import { RefinerError } from '../../../errors.js';
import type { Annotations } from '../rest/annotations.js';
import { fateOfWrite } from './fate-of-write.js';
import type { Write } from './recorded.js';
import type { WriteMeans } from './task-means.js';

const LOOK_AGAIN_MS = 5000;

/**
 * Finds out what became of writes that were sent and not answered, because the process died or the connection broke.
 * One that is not there may still come, and a repetition would then write its shapes twice: it is waited for.
 */
export async function settleUnanswered(means: WriteMeans, signal: AbortSignal): Promise<void> {
  for (const write of means.record.unanswered()) await settle(write, means, signal);
}

async function settle(
  write: Write,
  { client, record, pace }: WriteMeans,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    // Taken before the look: what is not there then has come too late.
    const leftMs = write.sentMs + pace.unansweredMs - pace.nowMs();
    const found = await annotationsOf(write.job);
    const fate = found === null ? ({ kind: 'absent' } as const) : fateOfWrite(write, found);
    if (fate.kind === 'arrived') {
      record.arrived(write, fate.newIds);
      return;
    }
    if (leftMs <= 0 || found === null) {
      record.missed(write);
      return;
    }
    await pace.wait(Math.min(leftMs, LOOK_AGAIN_MS), signal);
  }

  /** Null when the job is gone. */
  function annotationsOf(job: number): Promise<Annotations | null> {
    return client.annotations(job, signal).catch((error: unknown) => {
      if (error instanceof RefinerError && error.code === 'CVAT_NOT_FOUND') return null;
      throw error;
    });
  }
}
