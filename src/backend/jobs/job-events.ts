import type { RequestHandler, Response } from 'express';
import { RefinerError } from '../../errors.js';
import { drained } from '../json-response.js';
import { isFinished } from './job.js';
import type { JobQueue } from './job-queue.js';
import { jobView } from './job-view.js';

/** Often enough for proxies that close connections on which nothing moves. */
export const HEARTBEAT_MS = 15_000;

/**
 * `GET /v1/jobs/:id/events`: the job now, whenever it changes, and when it has ended; then the stream ends. Every event
 * is the whole state, so that a caller who comes back (`Last-Event-ID`) has missed nothing. Changes that come faster
 * than the caller reads are left out. Throws JOB_UNKNOWN.
 */
export function jobEvents(jobs: JobQueue): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const { id } = req.params;
    if ((await jobs.get(id)) === null) throw new RefinerError('JOB_UNKNOWN');
    if (res.closed) return;
    const wake = createWake();
    const unwatch = jobs.watch(id, wake.set);
    jobs.stopping.addEventListener('abort', wake.set);
    res.once('close', wake.set);
    try {
      res.status(200).set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      // Proxies that collect answers would hold the events back.
      res.set('X-Accel-Buffering', 'no').flushHeaders();
      await sendEvents(jobs, id, res, wake);
      res.end();
    } finally {
      unwatch();
      jobs.stopping.removeEventListener('abort', wake.set);
      res.off('close', wake.set);
    }
  };
}

async function sendEvents(jobs: JobQueue, id: string, res: Response, wake: Wake): Promise<void> {
  let last = '';
  for (let number = 1; !res.closed; number++) {
    const job = await jobs.get(id);
    if (job === null) return;
    const nowMs = jobs.clock.nowMs();
    const kind = isFinished(job) ? 'end' : 'progress';
    const event = `event: ${kind}\ndata: ${JSON.stringify(jobView(job, nowMs))}\n\n`;
    // Nothing new: a sign of life in place of an event.
    const text = event === last ? ': waiting\n\n' : `id: ${number}\n${event}`;
    if (!res.write(text)) await drained(res);
    last = event;
    if (isFinished(job) || jobs.stopping.aborted) return;
    const cancelHeartbeat = jobs.clock.wakeAt(nowMs + HEARTBEAT_MS, wake.set);
    await wake.wait();
    cancelHeartbeat();
  }
}

/** Remembers that something happened until someone waits for it. */
interface Wake {
  readonly set: () => void;
  wait(): Promise<void>;
}

function createWake(): Wake {
  let isSet = false;
  let notify = (): void => undefined;
  return {
    set: () => {
      isSet = true;
      notify();
    },
    wait: async () => {
      if (!isSet) await new Promise<void>((resolve) => (notify = resolve));
      isSet = false;
    },
  };
}
