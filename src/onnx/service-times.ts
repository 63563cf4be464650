import type { StageTimes } from './inference.js';

/** Moving averages of what requests cost, for placing them and for telling callers when to come back. */
export interface ServiceTimes {
  /** Milliseconds that a worker is busy with a request, its image's encoding left out; 0 before the first one. */
  readonly serviceMs: number;
  /** Milliseconds to decode and encode an image; 0 before the first one. */
  readonly encodeMs: number;
  record(times: StageTimes, embeddingCached: boolean): void;
  /** Whole seconds, 1 to 60, until `ahead` waiting requests will have been served by `workers`. */
  retryAfterSeconds(ahead: number, workers: number): number;
}

/** Weight of the newest request in the averages: about the last ten count. */
const NEWEST = 0.2;

export function createServiceTimes(): ServiceTimes {
  let serviceMs = 0;
  let encodeMs = 0;
  const blend = (average: number, newest: number): number =>
    average === 0 ? newest : average + NEWEST * (newest - average);
  return {
    get serviceMs() {
      return serviceMs;
    },
    get encodeMs() {
      return encodeMs;
    },
    record(times, embeddingCached) {
      serviceMs = blend(serviceMs, times.promptMs + times.decodeMs + times.outputMs);
      if (!embeddingCached) encodeMs = blend(encodeMs, times.imageDecodeMs + times.encodeMs);
    },
    retryAfterSeconds(ahead, workers) {
      const waitMs = (ahead * (serviceMs + encodeMs)) / Math.max(1, workers);
      return Math.min(60, Math.max(1, Math.ceil(waitMs / 1000)));
    },
  };
}
