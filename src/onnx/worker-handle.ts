import { RefinerError } from '../errors.js';
import { HeldImages } from './held-images.js';
import type { ObjectExamples, ShapeOutcome, StageTimes } from './inference.js';
import type { Place, Placeable } from './placement.js';
import type { AnswerWithoutResults, FromWorker, OpenedModel, WorkerSettings } from './protocol.js';
import { sendImage, sendTicket } from './send-ticket.js';
import type { Answer, Ticket } from './ticket.js';
import { fromWireError } from './wire-error.js';
import { startWorkerProcess, type WorkerProcess } from './worker-process.js';
import type { CacheChange } from './embedding-cache.js';

export interface HandleSettings extends WorkerSettings {
  readonly program: URL;
  readonly hangTimeoutMs: number;
  readonly startTimeoutMs: number;
}

/** What the owner of a worker hears. `onLost` comes once, last. */
export interface HandleEvents {
  onReady(model: OpenedModel): void;
  /** A request is done, whatever the outcome: there is room for another one. `answer` is null unless it was answered. */
  onDone(answer: Answer | null): void;
  onLost(error: RefinerError): void;
}

interface Running extends Placeable {
  readonly ticket: Ticket;
  readonly outcomes: ShapeOutcome[];
  readonly objects: ObjectExamples[];
  hangTimer: NodeJS.Timeout | null;
}

/** One worker process, from its start to its end. Opened by its constructor; end it with `close` or `end`. */
export class WorkerHandle implements Place {
  readonly #settings: HandleSettings;
  readonly #events: HandleEvents;
  readonly #process: WorkerProcess;
  readonly #running = new Map<number, Running>();
  readonly #held = new HeldImages();
  readonly #startTimer: NodeJS.Timeout;
  #state: 'starting' | 'ready' | 'lost' = 'starting';
  #refusal: RefinerError | null = null;
  #heardAtMs = performance.now();

  constructor(settings: HandleSettings, events: HandleEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#process = startWorkerProcess(settings.program, {
      onMessage: (message) => this.#receive(message),
      onExit: (reason) => this.#lose(reason),
    });
    const { startTimeoutMs } = settings;
    this.#startTimer = setTimeout(
      () => this.end(`did not start within ${startTimeoutMs} ms`),
      startTimeoutMs,
    );
    const { packDirectory, threads, precision, device, cacheBytes, maxPixels } = settings;
    const opening = { packDirectory, threads, precision, device, cacheBytes, maxPixels };
    this.#process.send({ kind: 'open', settings: opening });
  }

  get ready(): boolean {
    return this.#state === 'ready';
  }

  get running(): readonly Placeable[] {
    return [...this.#running.values()];
  }

  get heldCount(): number {
    return this.#held.count;
  }

  holds(imageKey: string): boolean {
    return this.#held.has(imageKey);
  }

  start(ticket: Ticket, imageKey: string): void {
    const { lane } = ticket;
    this.#running.set(ticket.id, { lane, imageKey, ticket, outcomes: [], objects: [], hangTimer: null });
    sendTicket(ticket, imageKey, (message) => this.#process.send(message)).catch((error: unknown) => {
      ticket.reject(new RefinerError('INTERNAL', {}, { cause: error }));
      this.abort(ticket.id);
    });
  }

  /** Tells the worker to stop a request; a worker that does not within the hang timeout is ended. */
  abort(id: number): void {
    const running = this.#running.get(id);
    if (running === undefined) return;
    this.#process.send({ kind: 'abort', id });
    this.#watch(running, this.#settings.hangTimeoutMs);
  }

  /** Lets the worker release its model and exit; it is ended if it does not within `timeoutMs`. */
  close(timeoutMs: number): void {
    if (this.#state === 'lost') return;
    if (this.#state === 'starting') {
      this.end('was closed while starting');
      return;
    }
    this.#process.send({ kind: 'close' });
    const timer = setTimeout(() => this.end('did not close'), timeoutMs);
    timer.unref();
  }

  /** Ends the process at once; its requests are rejected with WORKER_LOST. */
  end(reason: string): void {
    this.#process.kill();
    this.#lose(reason);
  }

  #receive(message: FromWorker): void {
    if (this.#state === 'lost') return;
    this.#heardAtMs = performance.now();
    switch (message.kind) {
      case 'ready':
        clearTimeout(this.#startTimer);
        this.#state = 'ready';
        this.#events.onReady(message);
        return;
      case 'refused':
        this.#refusal = fromWireError(message.error);
        return;
      case 'progress':
        return;
      case 'need-image': {
        const running = this.#running.get(message.id);
        if (running !== undefined) void sendImage(running.ticket, (part) => this.#process.send(part));
        return;
      }
      case 'outcomes':
        this.#running.get(message.id)?.outcomes.push(...message.outcomes);
        return;
      case 'examples':
        this.#running.get(message.id)?.objects.push(...message.objects);
        return;
      case 'answer':
        this.#finish(message.id, message.cacheChanges, message.answer);
        return;
      case 'failure':
        this.#running.get(message.id)?.ticket.reject(fromWireError(message.error));
        this.#finish(message.id, message.cacheChanges, null);
        return;
    }
  }

  #finish(id: number, cacheChanges: readonly CacheChange[], partial: AnswerWithoutResults | null): void {
    this.#held.follow(cacheChanges);
    const running = this.#running.get(id);
    if (running === undefined) return;
    this.#running.delete(id);
    if (running.hangTimer !== null) clearTimeout(running.hangTimer);
    const { ticket } = running;
    const answer = partial === null ? null : wholeAnswer(partial, running);
    if (answer !== null) ticket.resolve(answer);
    this.#events.onDone(answer);
  }

  #watch(running: Running, delayMs: number): void {
    if (running.hangTimer !== null) clearTimeout(running.hangTimer);
    running.hangTimer = setTimeout(() => {
      const leftMs = this.#settings.hangTimeoutMs - (performance.now() - this.#heardAtMs);
      if (leftMs > 0) this.#watch(running, leftMs);
      else this.end(`did not stop a request within ${this.#settings.hangTimeoutMs} ms`);
    }, delayMs);
  }

  #lose(reason: string): void {
    if (this.#state === 'lost') return;
    this.#state = 'lost';
    clearTimeout(this.#startTimer);
    const lost = new RefinerError('WORKER_LOST', {
      received: `a worker that ${reason}`,
      retryAfterSeconds: 1,
    });
    for (const { ticket, hangTimer } of this.#running.values()) {
      if (hangTimer !== null) clearTimeout(hangTimer);
      ticket.reject(lost);
    }
    this.#running.clear();
    this.#held.clear();
    this.#events.onLost(this.#refusal ?? lost);
  }
}

function wholeAnswer(partial: AnswerWithoutResults, { ticket, outcomes, objects }: Running): Answer {
  const times = withQueue(partial.times, ticket);
  return 'selectable' in partial ? { ...partial, objects, times } : { ...partial, outcomes, times };
}

function withQueue(times: StageTimes, ticket: Ticket): StageTimes {
  return { ...times, queueMs: times.queueMs + ticket.sentAtMs - ticket.submittedAtMs };
}
