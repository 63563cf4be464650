import type { RefinerError } from '../errors.js';
import { createDeferred, orAborted } from './deferred.js';
import type { OpenedModel } from './protocol.js';
import type { Answer } from './ticket.js';
import { WorkerHandle, type HandleSettings } from './worker-handle.js';

export interface CrewEvents {
  /** A worker can take a request. */
  onRoom(): void;
  onAnswer(answer: Answer): void;
  onStarted(worker: number, model: OpenedModel): void;
  onLost(worker: number, error: RefinerError): void;
}

interface Post {
  readonly index: number;
  /** Null while the start of a replacement is put off. */
  handle: WorkerHandle | null;
  /** Workers lost in a row without having finished a request. */
  failures: number;
  timer: NodeJS.Timeout | null;
}

const BACK_OFF_MS = { first: 250, most: 30_000 };
const CLOSE_TIMEOUT_MS = 5000;

/** A fixed number of workers; one that is lost is replaced, at once or, if that keeps happening, after a while. */
export class WorkerCrew {
  readonly #settings: HandleSettings;
  readonly #events: CrewEvents;
  readonly #posts: Post[];
  readonly #firstReady = createDeferred<string>();
  readonly #allGone = createDeferred<undefined>();
  #everReady = false;
  #closing = false;

  constructor(count: number, settings: HandleSettings, events: CrewEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#posts = Array.from({ length: count }, (_, index) => ({
      index,
      handle: null,
      failures: 0,
      timer: null,
    }));
    // The owner may be told of a refusal by `opened` later, or never ask.
    this.#firstReady.promise.catch(() => undefined);
    for (const post of this.#posts) this.#fill(post);
  }

  /** Resolves to the model version once a worker is ready; rejects when all were lost before. */
  opened(signal: AbortSignal): Promise<string> {
    return orAborted(this.#firstReady.promise, signal);
  }

  get ready(): readonly WorkerHandle[] {
    return this.#posts.flatMap(({ handle }) => (handle?.ready === true ? [handle] : []));
  }

  /** Whether a worker is there or just being started. */
  get staffed(): boolean {
    return this.#posts.some(({ handle }) => handle !== null);
  }

  get size(): number {
    return this.#posts.length;
  }

  /** Stops all workers: they release their models and exit, or are ended after a few seconds. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const post of this.#posts) {
      if (post.timer !== null) clearTimeout(post.timer);
      post.handle?.close(CLOSE_TIMEOUT_MS);
    }
    this.#reportIfAllGone();
    await this.#allGone.promise;
  }

  #fill(post: Post): void {
    post.timer = null;
    post.handle = new WorkerHandle(this.#settings, {
      onReady: (model) => {
        this.#open(model.modelVersion);
        this.#events.onStarted(post.index, model);
        this.#events.onRoom();
      },
      onDone: (answer) => {
        post.failures = 0;
        if (answer !== null) this.#events.onAnswer(answer);
        this.#events.onRoom();
      },
      onLost: (error) => this.#replace(post, error),
    });
  }

  #open(modelVersion: string): void {
    if (this.#everReady) return;
    this.#everReady = true;
    this.#firstReady.resolve(modelVersion);
    for (const post of this.#posts) {
      if (post.handle === null) this.#refill(post);
    }
  }

  #replace(post: Post, error: RefinerError): void {
    post.handle = null;
    post.failures += 1;
    if (this.#closing) {
      this.#reportIfAllGone();
      return;
    }
    this.#events.onLost(post.index, error);
    // A pack that no worker can open is refused, not tried again.
    if (this.#everReady) this.#refill(post);
    else if (!this.staffed) this.#firstReady.reject(error);
  }

  #refill(post: Post): void {
    const { first, most } = BACK_OFF_MS;
    if (post.failures <= 1) {
      this.#fill(post);
      return;
    }
    const delayMs = Math.min(most, first * 2 ** (post.failures - 2));
    post.timer = setTimeout(() => this.#fill(post), delayMs);
  }

  #reportIfAllGone(): void {
    if (!this.staffed) this.#allGone.resolve(undefined);
  }
}
