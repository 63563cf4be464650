import type { Request, RequestHandler } from 'express';
import { RefinerError } from '../errors.js';

/**
 * Kinds of requests that do not take room from one another: `predict` for Label Studio's predictions, `refine` for
 * `/v1/refine`, `cvat` for CVAT's calls, `jobs` for asking about jobs, `events` for watching them, `notice` for
 * everything small (setup, webhooks).
 */
export type AdmissionLane = 'predict' | 'refine' | 'cvat' | 'jobs' | 'events' | 'notice';

export interface AdmissionLimits {
  /** Requests in progress, per lane. */
  readonly maxRequests: number;
  /** Announced bytes of the bodies in progress, per lane. A single request is always let in. */
  readonly maxBytes: number;
  /** What a body without an announced length is taken for. */
  readonly maxBodyBytes: number;
}

/** How much is in progress; what is full is refused before its body is read. */
export interface Admission {
  /** Takes room for a body of so many bytes and returns what gives it back. Throws QUEUE_FULL. */
  enter(lane: AdmissionLane, bytes: number): () => void;
  readonly limits: AdmissionLimits;
}

const RETRY_AFTER_SECONDS = 5;

export function createAdmission(limits: AdmissionLimits): Admission {
  const lanes = new Map<AdmissionLane, { requests: number; bytes: number }>();
  return {
    limits,
    enter: (lane, bytes) => {
      const load = lanes.get(lane) ?? { requests: 0, bytes: 0 };
      lanes.set(lane, load);
      const tooMany = load.requests >= limits.maxRequests;
      const tooMuch = load.requests > 0 && load.bytes + bytes > limits.maxBytes;
      if (tooMany || tooMuch) {
        throw new RefinerError('QUEUE_FULL', { retryAfterSeconds: RETRY_AFTER_SECONDS });
      }
      load.requests++;
      load.bytes += bytes;
      let inside = true;
      return () => {
        if (!inside) return;
        inside = false;
        load.requests--;
        load.bytes -= bytes;
      };
    },
  };
}

/** Lets a request in, or refuses it with QUEUE_FULL before its body is read. The room is free when the answer is out. */
export function admit(admission: Admission, lane: AdmissionLane): RequestHandler {
  return (req, res, next) => {
    const leave = admission.enter(lane, announcedBytes(req, admission.limits.maxBodyBytes));
    res.once('close', leave);
    next();
  };
}

function announcedBytes(req: Request, otherwise: number): number {
  const announced = Number(req.headers['content-length'] ?? otherwise);
  return Math.min(Number.isFinite(announced) ? announced : otherwise, otherwise);
}
