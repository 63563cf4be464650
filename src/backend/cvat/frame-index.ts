import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { RefinerError } from '../../errors.js';
import { abortable } from '../abortable.js';
import type { CvatClient } from './rest/client.js';
import type { CvatJob } from './rest/resources.js';

/** Where an image is. */
export interface FramePlace {
  readonly project: number;
  readonly task: number;
  readonly job: number;
  readonly frame: number;
}

/** Which frames of the projects have which bytes. Frames never change in CVAT, so each is read once. */
export interface FrameIndex {
  /**
   * All places of an image. Reads frames that are new, unless the image is known and CVAT was asked for new ones not long
   * ago, until none is left or the signal aborts; reading goes on behind it. Throws FRAMES_UNREAD when it aborts, or
   * what the client throws.
   */
  find(imageHash: string, signal: AbortSignal): Promise<readonly FramePlace[]>;
  close(): Promise<void>;
}

export interface FrameIndexSettings {
  readonly client: Pick<CvatClient, 'jobs' | 'dataMeta' | 'frame'>;
  readonly projects: readonly number[];
  /** Called with each job before its frames are read. */
  readonly onJob: (job: CvatJob, signal: AbortSignal) => Promise<void>;
}

interface ProjectJob {
  readonly project: number;
  readonly job: CvatJob;
}

/** Enough for large projects; what is beyond is not found. */
const MAX_FRAMES = 1_000_000;
const ASKED_AGAIN_AFTER_MS = 60_000;

export function imageHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function createFrameIndex({ client, projects, onJob }: FrameIndexSettings): FrameIndex {
  const places = new Map<string, FramePlace[]>();
  const readJobs = new Set<number>();
  const closing = new AbortController();
  let reading: Promise<void> | null = null;
  const progress = { read: 0, known: 0 };
  let completeAtMs = -Infinity;

  async function readAll(signal: AbortSignal): Promise<void> {
    const jobs = (await Promise.all(projects.map((project) => jobsOf(project, signal)))).flat();
    forgetAllBut(new Set(jobs.map(({ job }) => job.id)));
    const unread = jobs.filter(({ job }) => !readJobs.has(job.id));
    progress.read = 0;
    progress.known = unread.reduce((sum, { job }) => sum + job.stop_frame - job.start_frame + 1, 0);
    for (const { project, job } of unread) {
      await onJob(job, signal);
      for (const [hash, frame] of await hashesOf(job, signal)) {
        const place = { project, task: job.task_id, job: job.id, frame };
        places.set(hash, [...(places.get(hash) ?? []), place]);
      }
      readJobs.add(job.id);
    }
    completeAtMs = performance.now();
  }

  async function jobsOf(project: number, signal: AbortSignal): Promise<readonly ProjectJob[]> {
    return (await client.jobs({ project }, signal)).filter(isAnnotated).map((job) => ({ project, job }));
  }

  /** Frames that were deleted are no place: CVAT does not show them. */
  async function hashesOf(
    job: CvatJob,
    signal: AbortSignal,
  ): Promise<readonly (readonly [string, number])[]> {
    const deleted = new Set((await client.dataMeta(job.id, signal)).deleted_frames);
    const found: (readonly [string, number])[] = [];
    for (let frame = job.start_frame; frame <= job.stop_frame; frame += 1) {
      progress.read += 1;
      if (deleted.has(frame) || places.size + found.length >= MAX_FRAMES) continue;
      found.push([imageHash(await client.frame(job.id, frame, signal)), frame]);
    }
    return found;
  }

  function forgetAllBut(jobs: ReadonlySet<number>): void {
    const gone = new Set([...readJobs].filter((job) => !jobs.has(job)));
    if (gone.size === 0) return;
    for (const job of gone) readJobs.delete(job);
    for (const [hash, found] of places) {
      const left = found.filter(({ job }) => !gone.has(job));
      if (left.length === 0) places.delete(hash);
      else places.set(hash, left);
    }
  }

  /** One reading at a time, for all who ask. */
  function read(): Promise<void> {
    reading ??= readAll(closing.signal).finally(() => {
      reading = null;
    });
    reading.catch(() => undefined);
    return reading;
  }

  return {
    find: async (hash, signal) => {
      const known = places.get(hash);
      if (known && performance.now() - completeAtMs < ASKED_AGAIN_AFTER_MS) return known;
      await abortable(read(), signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
        throw new RefinerError('FRAMES_UNREAD', { received: `${progress.read} of ${progress.known} images` });
      });
      return places.get(hash) ?? [];
    },
    close: async () => {
      closing.abort(new RefinerError('DRAINING'));
      await reading?.catch(() => undefined);
    },
  };
}

/** Ground truth and consensus replicas show the same frames again; point clouds are no images. */
function isAnnotated({ type = 'annotation', dimension = '2d' }: CvatJob): boolean {
  return type === 'annotation' && dimension === '2d';
}
