import { Worker } from 'node:worker_threads';
import { RefinerError } from '../errors.js';
import { JsonAssembly } from './json-pieces.js';
import type { JsonLimits } from './json-scan.js';
import type { FromJsonWorker, ToJsonWorker } from './json-worker.js';
import { parseJson } from './parse-json.js';

/** Up to this size parsing here takes less time than a tick may take. */
const LARGE_BYTES = 512 * 1024;
/** A body that needs more is refused: the thread dies of it and a new one takes its place. */
const WORKER_HEAP_MB = 2048;

/**
 * Parses JSON without holding up the event loop: small texts at once, large ones in a thread, one after the other.
 * The thread starts with the first large text and keeps the process alive only while it works.
 */
export class JsonParser {
  readonly #limits: JsonLimits;
  #worker: Worker | null = null;
  #previous: Promise<unknown> = Promise.resolve();

  constructor(limits: JsonLimits) {
    this.#limits = limits;
  }

  /**
   * The value of a JSON text in UTF-8. In large texts, arrays of bytes under the key `rle` come as `Uint8Array`. The
   * bytes may be moved to the thread: do not use them afterwards. Throws BODY_NOT_JSON, BODY_TOO_DEEP, BODY_INVALID,
   * or the signal's reason.
   */
  async parse(bytes: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    if (bytes.length < LARGE_BYTES) return parseJson(bytes, this.#limits);
    const turn = this.#previous.then(() => {
      signal?.throwIfAborted();
      return this.#parseInWorker(bytes, signal);
    });
    this.#previous = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #parseInWorker(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal | undefined): Promise<unknown> {
    const worker = (this.#worker ??= this.#start());
    const assembly = new JsonAssembly();
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        worker.off('message', onMessage).off('exit', onExit);
        worker.unref();
        act();
      };
      const onExit = (): void =>
        settle(() => reject(new RefinerError('BODY_INVALID', { expected: 'a body that fits into memory' })));
      const onMessage = (message: FromJsonWorker): void => {
        if (message.kind === 'refused') {
          settle(() => reject(new RefinerError(message.code, message.facts)));
        } else if (signal?.aborted === true) {
          worker.postMessage({ kind: 'next', more: false } satisfies ToJsonWorker);
          settle(() => reject(signal.reason as Error));
        } else {
          assembly.add(message.piece);
          if (message.last) settle(() => resolve(assembly.value()));
          else worker.postMessage({ kind: 'next', more: true } satisfies ToJsonWorker);
        }
      };
      worker.on('message', onMessage).on('exit', onExit);
      worker.ref();
      const message: ToJsonWorker = { kind: 'parse', bytes, limits: this.#limits };
      worker.postMessage(message, [bytes.buffer]);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./json-worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB },
    });
    worker.unref();
    // The exit that follows an error is what callers see; without a listener the error would end the process.
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = null;
    });
    return worker;
  }
}
