/** Who wants to hear of changes of which job. */
export interface Watchers {
  add(id: string, onChange: () => void): () => void;
  notify(id: string): void;
}

export function createWatchers(): Watchers {
  const callbacks = new Map<string, Set<() => void>>();
  return {
    add: (id, onChange) => {
      const ofJob = callbacks.get(id) ?? new Set();
      callbacks.set(id, ofJob);
      // A function of its own, so that the same callback may be added twice.
      const callback = (): void => onChange();
      ofJob.add(callback);
      return () => {
        ofJob.delete(callback);
        if (ofJob.size === 0 && callbacks.get(id) === ofJob) callbacks.delete(id);
      };
    },
    notify: (id) => {
      for (const callback of [...(callbacks.get(id) ?? [])]) callback();
    },
  };
}
