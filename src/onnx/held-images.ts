import type { CacheChange } from './embedding-cache.js';
import { imageKeyIn } from './image-embedding.js';

/** Which images a worker has embeddings of, as far as it has told. */
export class HeldImages {
  /** Of each image, the keys of what is cached of it: the whole, in either frame, and parts. */
  readonly #keysOf = new Map<string, Set<string>>();

  get count(): number {
    return this.#keysOf.size;
  }

  has(imageKey: string): boolean {
    return this.#keysOf.has(imageKey);
  }

  follow(changes: readonly CacheChange[]): void {
    for (const { key, held } of changes) {
      const imageKey = imageKeyIn(key);
      const keys = this.#keysOf.get(imageKey) ?? new Set();
      if (held) keys.add(key);
      else keys.delete(key);
      if (keys.size > 0) this.#keysOf.set(imageKey, keys);
      else this.#keysOf.delete(imageKey);
    }
  }

  clear(): void {
    this.#keysOf.clear();
  }
}
