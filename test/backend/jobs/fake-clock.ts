import type { Clock } from '../../../src/backend/jobs/clock.js';

export interface FakeClock extends Clock {
  /** Moves the time and calls back those whose time has come. */
  advance(ms: number): void;
}

export function fakeClock(startMs = 1_000_000): FakeClock {
  let nowMs = startMs;
  const wishes = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  return {
    nowMs: () => nowMs,
    wakeAt: (atMs, callback) => {
      const wish = { atMs, callback };
      wishes.add(wish);
      return () => wishes.delete(wish);
    },
    advance: (ms) => {
      nowMs += ms;
      for (const wish of [...wishes].filter(({ atMs }) => atMs <= nowMs)) {
        wishes.delete(wish);
        wish.callback();
      }
    },
  };
}
