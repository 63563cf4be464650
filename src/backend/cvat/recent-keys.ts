/** The keys that were added last, at most so many. */
export interface RecentKeys {
  /** False when the key is there already. */
  add(key: string): boolean;
  remove(key: string): void;
}

export function createRecentKeys(max: number): RecentKeys {
  const keys = new Set<string>();
  return {
    add: (key) => {
      if (keys.has(key)) return false;
      keys.add(key);
      for (const oldest of keys) {
        if (keys.size <= max) break;
        keys.delete(oldest);
      }
      return true;
    },
    remove: (key) => {
      keys.delete(key);
    },
  };
}
