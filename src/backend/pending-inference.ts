import { RefinerError } from '../errors.js';
import type {
  ExamplesAnswer,
  ExamplesRequest,
  Inference,
  RefineAnswer,
  RefineRequest,
  RequestLimits,
} from '../onnx/inference.js';

const RETRY_AFTER_SECONDS = 5;

/**
 * An inference that is opened in the background when it is first needed, usable already: until it is there, requests are
 * refused with NOT_READY. What refused to open is what later requests are refused with, unless it was a failure that
 * may pass (a worker lost): then the next request tries again. Closing gives up an opening that is not finished.
 */
export class PendingInference implements Inference {
  /** What the pack says, known before it is open. */
  readonly modelVersion: string;
  readonly #start: (signal: AbortSignal) => Promise<Inference>;
  readonly #closing = new AbortController();
  #opening: Promise<void> | null = null;
  #opened: Inference | null = null;
  #refusal: Error | null = null;

  constructor(modelVersion: string, start: (signal: AbortSignal) => Promise<Inference>) {
    this.modelVersion = modelVersion;
    this.#start = start;
  }

  get queued(): number {
    return this.#opened?.queued ?? 0;
  }

  isReady(): boolean {
    return this.#opened?.isReady() ?? false;
  }

  /** Opens it unless that has begun. Resolves when it is open; rejects with what refused to open. */
  open(): Promise<void> {
    if (this.#opening === null) {
      this.#opening = this.#open();
      // Whoever waits hears of a refusal; one for which nobody waited must not end the process.
      this.#opening.catch(() => undefined);
    }
    return this.#opening;
  }

  /** See `ServedModel.requireReady`. */
  requireReady(): void {
    if (this.#closing.signal.aborted) throw new RefinerError('DRAINING');
    if (this.#refusal !== null) throw this.#refusal;
    if (this.isReady()) return;
    void this.open();
    throw new RefinerError('NOT_READY', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  async refine(request: RefineRequest, limits: RequestLimits): Promise<RefineAnswer> {
    return this.#required().refine(request, limits);
  }

  async examples(request: ExamplesRequest, limits: RequestLimits): Promise<ExamplesAnswer> {
    return this.#required().examples(request, limits);
  }

  async close(): Promise<void> {
    this.#closing.abort(new RefinerError('ABORTED'));
    await this.#opening?.catch(() => undefined);
    await this.#opened?.close();
  }

  #required(): Inference {
    if (this.#opened === null) this.requireReady();
    if (this.#opened === null) throw new RefinerError('NOT_READY');
    return this.#opened;
  }

  async #open(): Promise<void> {
    try {
      this.#opened = await this.#start(this.#closing.signal);
    } catch (error) {
      if (error instanceof RefinerError && error.status === 503) this.#opening = null;
      else
        this.#refusal = error instanceof Error ? error : new RefinerError('INTERNAL', {}, { cause: error });
      throw error;
    }
  }
}
