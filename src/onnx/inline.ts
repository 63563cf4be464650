import { setImmediate as nextTurn } from 'node:timers/promises';

import { RefinerError } from '../errors.js';
import { orAborted } from './deferred.js';
import { createEmbeddingCache } from './embedding-cache.js';
import type { Execution } from './execution.js';
import type { EncodedImage } from './image-embedding.js';
import { imageKeyOf } from './image-key.js';
import { exampleImage } from './example-image.js';
import type {
  ExamplesAnswer,
  ExamplesRequest,
  Inference,
  RefineAnswer,
  RefineRequest,
  RequestLimits,
} from './inference.js';
import { openModel, type Model } from './model.js';
import { loadPack } from './pack.js';
import { type ImageContext, refineImage } from './refine-image.js';
import {
  type Answer,
  deadlineError,
  openTicket,
  type Request,
  requireExamples,
  requireOutcomes,
  type Ticket,
} from './ticket.js';

export interface InlineSettings extends Execution {
  readonly packDirectory: string;
  readonly cacheBytes: number;
  readonly maxPixels: number;
}

/**
 * The model on the calling thread, one request after another: for the command line and for scripts, where nothing else
 * waits. Throws the PACK_* error of a pack that is refused.
 */
export async function openInlineInference(settings: InlineSettings): Promise<Inference> {
  const pack = await loadPack(settings.packDirectory);
  return new InlineInference(await openModel(pack, settings), settings);
}

class InlineInference implements Inference {
  readonly #model: Model;
  readonly #context: ImageContext;
  readonly #stop = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #nextId = 1;
  #closed: Promise<void> | null = null;

  constructor(model: Model, { cacheBytes, maxPixels }: InlineSettings) {
    this.#model = model;
    const cache = createEmbeddingCache<EncodedImage>(cacheBytes);
    this.#context = { model, cache, maxPixels, giveWay: () => nextTurn() };
  }

  get modelVersion(): string {
    return this.#model.version;
  }

  get queued(): number {
    return this.#queued;
  }

  isReady(): boolean {
    return this.#closed === null;
  }

  async refine(request: RefineRequest, limits: RequestLimits): Promise<RefineAnswer> {
    return requireOutcomes(await this.#answer(request, limits));
  }

  async examples(request: ExamplesRequest, limits: RequestLimits): Promise<ExamplesAnswer> {
    return requireExamples(await this.#answer(request, limits));
  }

  close(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  async #answer(request: Request, limits: RequestLimits): Promise<Answer> {
    limits.signal?.throwIfAborted();
    if (limits.deadlineMs <= 0) throw deadlineError(limits.deadlineMs);
    if (this.#closed !== null) throw new RefinerError('DRAINING');
    const abort = new AbortController();
    const ticket = openTicket(this.#nextId++, request, limits, () => abort.abort());
    this.#queued += 1;
    const turn = this.#turn.then(() => this.#work(ticket, abort.signal));
    this.#turn = turn;
    return await ticket.answer;
  }

  async #work(ticket: Ticket, signal: AbortSignal): Promise<void> {
    this.#queued -= 1;
    if (ticket.settled) return;
    ticket.sentAtMs = performance.now();
    try {
      const either = AbortSignal.any([signal, this.#stop.signal]);
      const { request } = ticket;
      const imageKey = await orAborted(imageKeyOf(request.image), either);
      const source = { imageKey, readBytes: () => Promise.resolve(request.image) };
      const answer: Answer =
        'shapes' in request
          ? await refineImage({ ...request, ...source }, this.#context, either)
          : await exampleImage({ ...request, ...source }, this.#context, either);
      const queueMs = answer.times.queueMs + ticket.sentAtMs - ticket.submittedAtMs;
      ticket.resolve({ ...answer, times: { ...answer.times, queueMs } });
    } catch (error) {
      ticket.reject(error);
    }
  }

  async #release(): Promise<void> {
    this.#stop.abort(new RefinerError('DRAINING'));
    await this.#turn;
    await this.#model.close();
  }
}
