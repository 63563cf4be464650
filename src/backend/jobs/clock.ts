/** Time as the queue sees it, so that tests can move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Calls back once, at about `atMs` or, if that is weeks away, earlier. Returns what takes the wish back. */
  wakeAt(atMs: number, callback: () => void): () => void;
}

/** Longest delay of a timer, 25 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    wakeAt: (atMs, callback) => {
      const timer = setTimeout(callback, Math.min(MAX_TIMER_MS, Math.max(0, atMs - Date.now())));
      return () => clearTimeout(timer);
    },
  };
}
