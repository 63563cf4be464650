import { RefinerError } from '../errors.js';

/** Work that no request waits for, such as warming a cache. */
export interface Background {
  /**
   * Starts `work` and returns at once. Does nothing when work of that name is under way, when as much is under way as
   * may be, or after `close`: what runs here is worth having but never owed.
   */
  start(name: string, work: (signal: AbortSignal) => Promise<void>): void;
  /** Aborts all that is under way and waits for its end. */
  close(): Promise<void>;
}

export interface BackgroundSettings {
  readonly maxAtOnce: number;
  /** Each piece of work is aborted after so long. */
  readonly deadlineMs: number;
  /** Hears of work that failed, unless it was closed. */
  readonly onFailure: (name: string, error: unknown) => void;
}

export function createBackground({ maxAtOnce, deadlineMs, onFailure }: BackgroundSettings): Background {
  const underWay = new Map<string, Promise<void>>();
  const closing = new AbortController();

  async function run(name: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      deadline.abort(new RefinerError('DEADLINE_EXCEEDED', { expected: `an end within ${deadlineMs} ms` }));
    }, deadlineMs);
    try {
      await work(AbortSignal.any([closing.signal, deadline.signal]));
    } catch (error) {
      if (!closing.signal.aborted) onFailure(name, error);
    } finally {
      clearTimeout(timer);
      underWay.delete(name);
    }
  }

  return {
    start(name, work) {
      if (closing.signal.aborted || underWay.has(name) || underWay.size >= maxAtOnce) return;
      underWay.set(name, run(name, work));
    },
    async close() {
      closing.abort(new RefinerError('DRAINING'));
      await Promise.all(underWay.values());
    },
  };
}
