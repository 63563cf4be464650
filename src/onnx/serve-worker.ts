import { setImmediate as nextTurn } from 'node:timers/promises';

import { RefinerError } from '../errors.js';
import { configureImageDecoder } from './configure-image-decoder.js';
import { createEmbeddingCache, type CacheChange } from './embedding-cache.js';
import type { EncodedImage } from './image-embedding.js';
import { exampleImage } from './example-image.js';
import type { ObjectExamples, ShapeOutcome } from './inference.js';
import { openModel, type Model } from './model.js';
import { loadPack } from './pack.js';
import { parcelsOf, shapeBytes } from './parcels.js';
import type { AnswerWithoutResults, ToWorker, WorkerChannel, WorkerSettings } from './protocol.js';
import { type ImageContext, refineImage } from './refine-image.js';
import { toWireError } from './wire-error.js';
import { createWorkerJob, type WorkerJob } from './worker-job.js';

const PROGRESS_EVERY_MS = 200;

/** Opens the model that the server's `open` message names, then answers its requests until `close`. */
export function serveWorker(channel: WorkerChannel): void {
  channel.onMessage((message) => {
    if (message.kind === 'open') void open(channel, message.settings);
  });
}

async function open(channel: WorkerChannel, settings: WorkerSettings): Promise<void> {
  try {
    configureImageDecoder(settings);
    const model = await openModel(await loadPack(settings.packDirectory), settings);
    answerRequests(channel, model, settings);
    channel.send({ kind: 'ready', modelVersion: model.version, inUse: model.inUse });
  } catch (error) {
    channel.send({ kind: 'refused', error: toWireError(error) });
    channel.close();
  }
}

/**
 * One request is worked on at a time, interactive ones first; a batch request gives way to interactive ones whenever
 * `refineImage` pauses, which is before each of its decoder runs.
 */
function answerRequests(channel: WorkerChannel, model: Model, settings: WorkerSettings): void {
  const jobs = new Map<number, WorkerJob>();
  const waiting: Record<'interactive' | 'batch', WorkerJob[]> = { interactive: [], batch: [] };
  const cacheChanges: CacheChange[] = [];
  const cache = createEmbeddingCache<EncodedImage>(settings.cacheBytes, (change) =>
    cacheChanges.push(change),
  );
  let working: Promise<void> | null = null;
  let progressAtMs = performance.now();

  function workOff(): void {
    working ??= runWaiting().finally(() => (working = null));
  }

  async function runWaiting(): Promise<void> {
    for (let job = nextJob(); job !== undefined; job = nextJob()) await run(job);
  }

  function nextJob(): WorkerJob | undefined {
    return waiting.interactive.shift() ?? waiting.batch.shift();
  }

  async function run(job: WorkerJob): Promise<void> {
    const context: ImageContext = {
      model,
      cache,
      maxPixels: settings.maxPixels,
      giveWay: () => giveWay(job),
    };
    try {
      const answer = await work(job, context);
      channel.send({ kind: 'answer', id: job.id, answer, cacheChanges: cacheChanges.splice(0) });
    } catch (error) {
      fail(job.id, error);
    }
    jobs.delete(job.id);
  }

  /** Sends the results of the pieces and answers the rest. */
  async function work(
    { id, work: wanted, abort: { signal } }: WorkerJob,
    context: ImageContext,
  ): Promise<AnswerWithoutResults> {
    if (wanted.kind === 'refine') {
      const { outcomes, ...answer } = await refineImage(wanted.job, context, signal);
      for (const parcel of parcelsOf(outcomes, outcomeBytes)) {
        channel.send({ kind: 'outcomes', id, outcomes: parcel });
        await nextTurn();
      }
      return answer;
    }
    const { objects, ...answer } = await exampleImage(wanted.job, context, signal);
    for (const parcel of parcelsOf(objects, examplesBytes)) {
      channel.send({ kind: 'examples', id, objects: parcel });
      await nextTurn();
    }
    return answer;
  }

  async function giveWay(job: WorkerJob): Promise<void> {
    await nextTurn();
    reportProgress();
    if (job.header.lane === 'interactive') return;
    for (
      let urgent = waiting.interactive.shift();
      urgent !== undefined;
      urgent = waiting.interactive.shift()
    ) {
      await run(urgent);
    }
  }

  function reportProgress(): void {
    if (performance.now() - progressAtMs < PROGRESS_EVERY_MS) return;
    progressAtMs = performance.now();
    channel.send({ kind: 'progress' });
  }

  function fail(id: number, error: unknown): void {
    channel.send({ kind: 'failure', id, error: toWireError(error), cacheChanges: cacheChanges.splice(0) });
  }

  function startIfComplete(job: WorkerJob): void {
    if (!job.complete) return;
    waiting[job.header.lane].push(job);
    workOff();
  }

  /** A request whose shapes have not all come, or that is not known here, is answered at once. */
  function abort(id: number): void {
    const job = jobs.get(id);
    const reason = new RefinerError('ABORTED');
    job?.abort.abort(reason);
    if (job?.complete === true) return;
    jobs.delete(id);
    fail(id, reason);
  }

  async function close(): Promise<void> {
    for (const job of jobs.values()) job.abort.abort(new RefinerError('DRAINING'));
    await working;
    cache.clear();
    await model.close();
    channel.close();
  }

  function receive(message: ToWorker): void {
    switch (message.kind) {
      case 'open':
        return;
      case 'request': {
        const { id, header } = message;
        const job = createWorkerJob(id, header, () => channel.send({ kind: 'need-image', id }));
        jobs.set(id, job);
        startIfComplete(job);
        return;
      }
      case 'shapes': {
        const job = jobs.get(message.id);
        job?.addShapes(message.shapes);
        if (job !== undefined) startIfComplete(job);
        return;
      }
      case 'objects': {
        const job = jobs.get(message.id);
        job?.addObjects(message.objects);
        if (job !== undefined) startIfComplete(job);
        return;
      }
      case 'image':
        jobs.get(message.id)?.addImagePart(message.part);
        return;
      case 'abort':
        abort(message.id);
        return;
      case 'close':
        void close();
        return;
    }
  }

  channel.onMessage(receive);
}

function outcomeBytes(outcome: ShapeOutcome): number {
  return 'shape' in outcome ? shapeBytes(outcome.shape) : 0;
}

/** Three rows of float32 an example, the features by far the longest. */
function examplesBytes(object: ObjectExamples): number {
  if (object.status === 'left-out') return 0;
  return object.examples.reduce((bytes, { features }) => bytes + features.byteLength + 200, 0);
}
