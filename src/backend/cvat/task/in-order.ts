/**
 * Runs `work` on the items, up to `atOnce` at a time, and gives the results in the items' order. When the reader leaves
 * early, or one item fails, what is in progress is told by its signal and waited for.
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
  outer: AbortSignal,
): AsyncGenerator<R> {
  const left = new AbortController();
  const signal = AbortSignal.any([outer, left.signal]);
  const started: Promise<R>[] = [];
  const waiting = items[Symbol.iterator]();
  const start = (): void => {
    const next = waiting.next();
    if (next.done === true) return;
    const result = work(next.value, signal);
    // Whoever fails is heard when his turn comes.
    result.catch(() => undefined);
    started.push(result);
  };
  try {
    while (started.length < atOnce) {
      const before = started.length;
      start();
      if (started.length === before) break;
    }
    for (let result = started.shift(); result !== undefined; result = started.shift()) {
      const value = await result;
      start();
      yield value;
    }
  } finally {
    left.abort(new Error('the reader has left'));
    await Promise.allSettled(started);
  }
}
