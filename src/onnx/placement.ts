import type { Lane } from './inference.js';
import type { ServiceTimes } from './service-times.js';

/** What placing a request needs to know of it. */
export interface Placeable {
  readonly lane: Lane;
  readonly imageKey: string;
}

/** What placing a request needs to know of a worker. */
export interface Place {
  readonly running: readonly Placeable[];
  /** Of how many images it holds embeddings. */
  readonly heldCount: number;
  /** Whether the worker has an embedding of the image, or of a part of it, in its cache. */
  holds(imageKey: string): boolean;
}

/** `waitFor` names the worker for whose cache it is worth waiting, null if any will do. */
export type Placement<P extends Place> = { readonly take: P } | { readonly waitFor: P | null };

/** A wait that is not worth the encoding of an image again is longer than this, and than twice that encoding. */
const LONG_WAIT_MS = 10_000;

/**
 * Chooses the worker for a request. A worker that has its image in the cache, or is just encoding it, comes first,
 * and is waited for unless others are free while it would be busy for long; an image that is being encoded for the
 * first time is always waited for, so that however many callers ask at once it is encoded once. A worker takes a batch
 * request only when idle, and an interactive one also while a batch request runs, which then gives way.
 */
export function choosePlace<P extends Place>(
  request: Placeable,
  places: readonly P[],
  waitingFor: ReadonlyMap<P, number>,
  times: Pick<ServiceTimes, 'serviceMs' | 'encodeMs'>,
): Placement<P> {
  const homes = places.filter(
    (place) => place.holds(request.imageKey) || isEncoding(place, request.imageKey),
  );
  const free = (place: P): boolean => canTake(place, request.lane);
  const home = leastBusy(homes.filter(free));
  if (home !== null) return { take: home };
  const busyHome = leastBusy(homes);
  const other = leastBusy(places.filter(free));
  if (busyHome === null) return other === null ? { waitFor: null } : { take: other };

  const firstEncoding = !homes.some((place) => place.holds(request.imageKey));
  const ahead = busyHome.running.length + (waitingFor.get(busyHome) ?? 0);
  const tooLong = ahead * times.serviceMs > Math.max(LONG_WAIT_MS, 2 * times.encodeMs);
  return other !== null && tooLong && !firstEncoding ? { take: other } : { waitFor: busyHome };
}

/** Whether a worker may be sent a request of this lane now. */
export function canTake(place: Place, lane: Lane): boolean {
  return lane === 'batch'
    ? place.running.length === 0
    : !place.running.some((running) => running.lane === 'interactive');
}

function isEncoding(place: Place, imageKey: string): boolean {
  return place.running.some((running) => running.imageKey === imageKey);
}

/** Of equally busy ones the one with the emptier cache, so that all caches fill. */
function leastBusy<P extends Place>(places: readonly P[]): P | null {
  let best: P | null = null;
  for (const place of places) {
    if (best === null || load(place) < load(best)) best = place;
    else if (load(place) === load(best) && place.heldCount < best.heldCount) best = place;
  }
  return best;
}

function load(place: Place): number {
  return place.running.length;
}
