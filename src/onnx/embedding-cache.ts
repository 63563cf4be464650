/** One change of a cache's contents, in the order in which they happened. */
export interface CacheChange {
  readonly key: string;
  readonly held: boolean;
}

/** What is kept for one image in one orientation. `bytes` is the memory it takes. */
export interface CacheEntry {
  readonly bytes: number;
}

/** Least-recently-used store bounded in bytes. */
export interface EmbeddingCache<Entry extends CacheEntry> {
  /** Bytes held now, never more than the limit. */
  readonly bytes: number;
  /** The entry, which becomes the most recently used one. */
  get(key: string): Entry | null;
  /** Keeps an entry and drops the least recently used ones beyond the limit; one larger than the limit is not kept. */
  put(key: string, entry: Entry): void;
  clear(): void;
}

/** An empty cache of at most `limitBytes`; `onChange` hears of every key that is kept or dropped. */
export function createEmbeddingCache<Entry extends CacheEntry>(
  limitBytes: number,
  onChange: (change: CacheChange) => void = () => undefined,
): EmbeddingCache<Entry> {
  // A Map iterates in the order of insertion, so its first key is the least recently used one.
  const entries = new Map<string, Entry>();
  let bytes = 0;

  function drop(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    bytes -= entry.bytes;
    onChange({ key, held: false });
  }

  return {
    get bytes() {
      return bytes;
    },
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return null;
      entries.delete(key);
      entries.set(key, entry);
      return entry;
    },
    put(key, entry) {
      drop(key);
      if (entry.bytes > limitBytes) return;
      entries.set(key, entry);
      bytes += entry.bytes;
      onChange({ key, held: true });
      for (const oldest of entries.keys()) {
        if (bytes <= limitBytes) break;
        drop(oldest);
      }
    },
    clear() {
      for (const key of [...entries.keys()]) drop(key);
    },
  };
}
