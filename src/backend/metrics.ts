import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RefineAnswer } from '../onnx/inference.js';
import type { ServedModel } from './models.js';

/** The stages of a refinement whose durations are measured. */
export type Stage = 'queue' | 'image_fetch' | 'image_decode' | 'encode' | 'prompt' | 'decode' | 'output';

/** The figures of one app, in a registry of its own. */
export interface Metrics {
  readonly registry: Registry;
  /** Duration of a request by route pattern, method and status. */
  requestFinished(route: string, method: string, status: number, seconds: number): void;
  stageFinished(stage: Stage, milliseconds: number): void;
  /** Stage durations, verdicts and cache hits of one image. */
  imageRefined(answer: RefineAnswer): void;
  /** Shapes of one request that were answered from stored results, and those that the model had to answer. */
  resultsLookedUp(stored: number, missing: number): void;
  /** Shows queue and readiness of every model. */
  watch(models: readonly ServedModel[]): void;
  close(): void;
}

const REQUEST_SECONDS = [0.005, 0.02, 0.1, 0.3, 1, 3, 10, 30, 100];
const STAGE_SECONDS = [0.001, 0.005, 0.02, 0.1, 0.3, 1, 3, 10, 30];

/** Prometheus figures in base units: requests, stages, masks, cache, queue, event loop and process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'samrefiner_request_duration_seconds',
    help: 'Duration of HTTP requests.',
    labelNames: ['route', 'method', 'status'] as const,
    buckets: REQUEST_SECONDS,
    registers: [registry],
  });
  const stages = new Histogram({
    name: 'samrefiner_stage_duration_seconds',
    help: 'Duration of the stages of refining the masks of one image.',
    labelNames: ['stage'] as const,
    buckets: STAGE_SECONDS,
    registers: [registry],
  });
  const masks = new Counter({
    name: 'samrefiner_masks_total',
    help: 'Masks by verdict; reason says why one was kept or failed.',
    labelNames: ['verdict', 'reason'] as const,
    registers: [registry],
  });
  const embeddings = new Counter({
    name: 'samrefiner_embeddings_total',
    help: 'Images by whether their embedding was in the cache.',
    labelNames: ['cached'] as const,
    registers: [registry],
  });
  const results = new Counter({
    name: 'samrefiner_results_total',
    help: 'Masks asked for by whether their result was stored from an earlier call.',
    labelNames: ['stored'] as const,
    registers: [registry],
  });
  const stageFinished = (stage: Stage, milliseconds: number): void => {
    stages.observe({ stage }, milliseconds / 1000);
  };
  return {
    registry,
    requestFinished: (route, method, status, seconds) => {
      requests.observe({ route, method, status: String(status) }, seconds);
    },
    stageFinished,
    imageRefined: ({ times, outcomes, embeddingCached }) => {
      stageFinished('queue', times.queueMs);
      stageFinished('image_decode', times.imageDecodeMs);
      stageFinished('encode', times.encodeMs);
      stageFinished('prompt', times.promptMs);
      stageFinished('decode', times.decodeMs);
      stageFinished('output', times.outputMs);
      embeddings.inc({ cached: String(embeddingCached) });
      for (const outcome of outcomes) {
        masks.inc({ verdict: outcome.status, reason: outcome.status === 'refined' ? '' : outcome.reason });
      }
    },
    resultsLookedUp: (stored, missing) => {
      results.inc({ stored: 'true' }, stored);
      results.inc({ stored: 'false' }, missing);
    },
    watch: (models) => {
      watchModels(registry, models);
    },
    close: () => {
      registry.clear();
    },
  };
}

function watchModels(registry: Registry, models: readonly ServedModel[]): void {
  const queued = new Gauge({
    name: 'samrefiner_queue_length',
    help: 'Images waiting for a worker.',
    labelNames: ['model'] as const,
    registers: [registry],
    collect: () => {
      for (const { name, inference } of models) queued.set({ model: name }, inference.queued);
    },
  });
  const ready = new Gauge({
    name: 'samrefiner_ready',
    help: '1 while a worker has the model loaded.',
    labelNames: ['model'] as const,
    registers: [registry],
    collect: () => {
      for (const { name, inference } of models) ready.set({ model: name }, inference.isReady() ? 1 : 0);
    },
  });
}
