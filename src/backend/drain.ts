/** Counts the requests in progress and says whether new ones are still taken. */
export interface Drain {
  isDraining(): boolean;
  /** From now on new requests are refused. */
  begin(): void;
  requestStarted(): void;
  requestFinished(): void;
  /** Number of requests in progress. */
  inProgress(): number;
  /** Waits until nothing is in progress, at most `timeoutMs`; true when everything finished. */
  finished(timeoutMs: number): Promise<boolean>;
}

export function createDrain(): Drain {
  let draining = false;
  let count = 0;
  const waiting = new Set<() => void>();
  return {
    isDraining: () => draining,
    begin: () => {
      draining = true;
    },
    requestStarted: () => {
      count++;
    },
    requestFinished: () => {
      count--;
      if (count === 0) for (const notify of waiting) notify();
    },
    inProgress: () => count,
    finished: (timeoutMs) =>
      new Promise((resolve) => {
        if (count === 0) {
          resolve(true);
          return;
        }
        const settle = (allFinished: boolean): void => {
          clearTimeout(timer);
          waiting.delete(notify);
          resolve(allFinished);
        };
        const notify = (): void => settle(true);
        const timer = setTimeout(() => settle(false), timeoutMs);
        waiting.add(notify);
      }),
  };
}
