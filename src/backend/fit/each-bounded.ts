/**
 * Runs `work` on everything that a generator gives, at most `limit` at a time, and takes the next only when there is room.
 * The first failure aborts the signal that the others were given, is waited for and thrown.
 */
export async function eachBounded<T>(
  items: AsyncGenerator<T, void, undefined>,
  limit: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const lane = async (): Promise<void> => {
    try {
      for (;;) {
        either.throwIfAborted();
        const { done, value } = await items.next();
        if (done === true) return;
        await work(value, either);
      }
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const lanes = Array.from({ length: Math.max(1, limit) }, lane);
  const ended = await Promise.allSettled(lanes);
  await items.return();
  signal.throwIfAborted();
  // A lane that failed first aborted the others with its own reason.
  if (failed.signal.aborted || ended.some(({ status }) => status === 'rejected')) throw failed.signal.reason;
}
