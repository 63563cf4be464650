import { RefinerError } from '../errors.js';
import type { Device, Precision } from './execution.js';
import { imageKeyOf } from './image-key.js';
import type {
  ExamplesAnswer,
  ExamplesRequest,
  Inference,
  RefineAnswer,
  RefineRequest,
  RequestLimits,
} from './inference.js';
import { createLanes, LANES } from './lanes.js';
import { canTake, choosePlace } from './placement.js';
import type { OpenedModel } from './protocol.js';
import { createServiceTimes } from './service-times.js';
import {
  type Answer,
  deadlineError,
  openTicket,
  type Request,
  requireExamples,
  requireOutcomes,
  type Ticket,
} from './ticket.js';
import { WorkerCrew } from './worker-crew.js';
import type { WorkerHandle } from './worker-handle.js';

/** What happens to the workers, for the log and the metrics. */
export type PoolEvent =
  | ({ readonly kind: 'worker-started'; readonly worker: number } & OpenedModel)
  | { readonly kind: 'worker-lost'; readonly worker: number; readonly error: RefinerError };

export interface PoolSettings {
  readonly packDirectory: string;
  /** Number of worker processes, at least 1. */
  readonly workers: number;
  readonly threadsPerWorker: number;
  readonly precision?: Precision;
  readonly device?: Device;
  /** Limit of the embedding caches of all workers together. */
  readonly cacheBytes: number;
  /** Most requests that wait; further ones are refused with QUEUE_FULL. */
  readonly maxQueued: number;
  readonly maxPixels: number;
  /** How long a worker may go on silently with a request that was cancelled; longer than encoding one image takes. */
  readonly hangTimeoutMs: number;
  /** How long opening the model may take in a worker. */
  readonly startTimeoutMs?: number;
  /** How long `close` lets running requests go on. */
  readonly drainTimeoutMs?: number;
  /** The program of a worker, if not the one of this package. */
  readonly workerProgram?: URL;
  readonly onEvent?: (event: PoolEvent) => void;
}

/**
 * Starts worker processes that each open the model, and resolves when the first is ready. Throws the PACK_* error of a
 * pack that is refused, WORKER_LOST if no worker starts, or the signal's reason.
 */
export async function openInferencePool(
  settings: PoolSettings,
  signal: AbortSignal = new AbortController().signal,
): Promise<Inference> {
  const pool = new InferencePool(settings);
  try {
    await pool.opened(signal);
    return pool;
  } catch (error) {
    await pool.close();
    throw error;
  }
}

class InferencePool implements Inference {
  readonly #settings: PoolSettings;
  readonly #lanes = createLanes<Ticket>();
  readonly #running = new Map<Ticket, WorkerHandle>();
  readonly #times = createServiceTimes();
  readonly #crew: WorkerCrew;
  #modelVersion = '';
  #nextId = 1;
  #closed: Promise<void> | null = null;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
    const { packDirectory, workers, threadsPerWorker, cacheBytes, maxPixels, hangTimeoutMs } = settings;
    const handleSettings = {
      program: settings.workerProgram ?? new URL('./worker.js', import.meta.url),
      packDirectory,
      threads: threadsPerWorker,
      precision: settings.precision ?? 'fp32',
      device: settings.device ?? 'cpu',
      cacheBytes: Math.floor(cacheBytes / workers),
      maxPixels,
      hangTimeoutMs,
      startTimeoutMs: settings.startTimeoutMs ?? 120_000,
    };
    this.#crew = new WorkerCrew(workers, handleSettings, {
      onRoom: () => this.#dispatch(),
      onAnswer: ({ times, embeddingCached }) => this.#times.record(times, embeddingCached),
      onStarted: (worker, { modelVersion, inUse }) => {
        this.#modelVersion = modelVersion;
        settings.onEvent?.({ kind: 'worker-started', worker, modelVersion, inUse });
      },
      onLost: (worker, error) => settings.onEvent?.({ kind: 'worker-lost', worker, error }),
    });
  }

  async opened(signal: AbortSignal): Promise<void> {
    await this.#crew.opened(signal);
  }

  get modelVersion(): string {
    return this.#modelVersion;
  }

  get queued(): number {
    return this.#lanes.length;
  }

  isReady(): boolean {
    return this.#closed === null && this.#crew.ready.length > 0;
  }

  async refine(request: RefineRequest, limits: RequestLimits): Promise<RefineAnswer> {
    return requireOutcomes(await this.#answer(request, limits));
  }

  async examples(request: ExamplesRequest, limits: RequestLimits): Promise<ExamplesAnswer> {
    return requireExamples(await this.#answer(request, limits));
  }

  async #answer(request: Request, limits: RequestLimits): Promise<Answer> {
    limits.signal?.throwIfAborted();
    if (limits.deadlineMs <= 0) throw deadlineError(limits.deadlineMs);
    this.#requireRoom(request);
    const ticket = openTicket(this.#nextId++, request, limits, (cancelled) => this.#cancel(cancelled));
    this.#lanes.push(ticket);
    void this.#identify(ticket);
    try {
      return await ticket.answer;
    } finally {
      this.#running.delete(ticket);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#drain();
    return this.#closed;
  }

  #requireRoom(request: Request): void {
    if (this.#closed !== null) throw new RefinerError('DRAINING', { retryAfterSeconds: 1 });
    if (!this.#crew.staffed) throw new RefinerError('NOT_READY', { retryAfterSeconds: 5 });
    const free = this.#crew.ready.filter((worker) => canTake(worker, request.lane)).length;
    const { maxQueued } = this.#settings;
    if (this.queued < maxQueued + free) return;
    throw new RefinerError('QUEUE_FULL', {
      expected: `at most ${maxQueued} waiting requests`,
      retryAfterSeconds: this.#times.retryAfterSeconds(this.queued + 1, this.#crew.size),
    });
  }

  async #identify(ticket: Ticket): Promise<void> {
    try {
      ticket.imageKey = await imageKeyOf(ticket.request.image);
    } catch (error) {
      this.#lanes.remove(ticket);
      ticket.reject(new RefinerError('INTERNAL', {}, { cause: error }));
    }
    this.#dispatch();
  }

  /** Sends what can be sent, in the order of the lanes. */
  #dispatch(): void {
    const waitingFor = new Map<WorkerHandle, number>();
    for (const lane of LANES) {
      for (const ticket of this.#lanes.waiting(lane)) {
        const { imageKey } = ticket;
        // Its hash is a matter of milliseconds; who came later does not overtake it.
        if (imageKey === null) break;
        const placement = choosePlace({ lane, imageKey }, this.#crew.ready, waitingFor, this.#times);
        if ('take' in placement) this.#send(ticket, imageKey, placement.take);
        else if (placement.waitFor !== null) {
          waitingFor.set(placement.waitFor, (waitingFor.get(placement.waitFor) ?? 0) + 1);
        }
      }
    }
  }

  #send(ticket: Ticket, imageKey: string, worker: WorkerHandle): void {
    this.#lanes.remove(ticket);
    ticket.sentAtMs = performance.now();
    this.#running.set(ticket, worker);
    worker.start(ticket, imageKey);
  }

  #cancel(ticket: Ticket): void {
    if (this.#lanes.remove(ticket)) {
      // It may have been the one that the others waited behind.
      this.#dispatch();
      return;
    }
    this.#running.get(ticket)?.abort(ticket.id);
  }

  async #drain(): Promise<void> {
    for (const lane of LANES) {
      for (const ticket of this.#lanes.waiting(lane)) {
        this.#lanes.remove(ticket);
        ticket.reject(new RefinerError('DRAINING', { retryAfterSeconds: 1 }));
      }
    }
    const tickets = [...this.#running.keys()];
    const timer = setTimeout(() => {
      for (const ticket of tickets) ticket.reject(new RefinerError('DRAINING', { retryAfterSeconds: 1 }));
    }, this.#settings.drainTimeoutMs ?? 10_000);
    await Promise.allSettled(tickets.map(({ answer }) => answer));
    clearTimeout(timer);
    await this.#crew.close();
  }
}
