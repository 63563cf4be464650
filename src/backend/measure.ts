import type { Request, RequestHandler, Response } from 'express';
import { performance } from 'node:perf_hooks';
import type { Inference } from '../onnx/inference.js';
import type { ImageFetcher } from './fetch-image.js';
import type { ImageSource } from './label-studio/image-source.js';
import { loggableUrl } from './loggable-url.js';
import { requestIdOf } from './request-id.js';
import type { Log } from './log.js';
import type { Metrics } from './metrics.js';
import { createModels, type Models, type ServedModel } from './models.js';

/** Paths asked so often and saying so little that they are logged only at level debug. */
const QUIET_PATHS = new Set(['/', '/health', '/livez', '/readyz', '/metrics']);

/** Counts and logs every request when its answer is out or its caller gone. */
export function measureRequests(log: Log, metrics: Metrics): RequestHandler {
  return (req, res, next) => {
    const start = performance.now();
    // Mounted routers shorten `req.path` while they run.
    const { path, originalUrl: url, method } = req;
    res.once('close', () => {
      const milliseconds = performance.now() - start;
      const status = res.writableFinished ? res.statusCode : 499;
      metrics.requestFinished(routeOf(req, res), methodLabel(method), status, milliseconds / 1000);
      const line = {
        requestId: requestIdOf(res),
        method,
        url: loggableUrl(url),
        status,
        ms: Math.round(milliseconds),
      };
      if (QUIET_PATHS.has(path) && status < 400) log.debug(line, 'request');
      else log.info(line, 'request');
    });
    next();
  };
}

/** The models with their answers counted. */
export function measureModels(models: Models, metrics: Metrics): Models {
  const measured = (model: ServedModel): ServedModel => ({
    ...model,
    inference: measureInference(model.inference, metrics),
  });
  return createModels(measured(models.default), models.all.slice(1).map(measured));
}

function measureInference(inference: Inference, metrics: Metrics): Inference {
  return {
    get modelVersion() {
      return inference.modelVersion;
    },
    get queued() {
      return inference.queued;
    },
    isReady: () => inference.isReady(),
    refine: async (request, options) => {
      const answer = await inference.refine(request, options);
      metrics.imageRefined(answer);
      return answer;
    },
    examples: (request, limits) => inference.examples(request, limits),
    close: () => inference.close(),
  };
}

/** The image source with the time of every image measured, also of those that could not be had. */
export function measureImageSource(images: ImageSource, metrics: Metrics): ImageSource {
  return { load: (...wanted) => measureFetch(metrics, () => images.load(...wanted)) };
}

/** The fetcher with the time of every image measured. */
export function measureFetcher(fetcher: ImageFetcher, metrics: Metrics): ImageFetcher {
  return { ...fetcher, fetch: (...wanted) => measureFetch(metrics, () => fetcher.fetch(...wanted)) };
}

async function measureFetch<T>(metrics: Metrics, fetch: () => Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    return await fetch();
  } finally {
    metrics.stageFinished('image_fetch', performance.now() - start);
  }
}

/** The pattern of the route, never the address: a label has few values. */
function routeOf(req: Request, res: Response): string {
  const route: unknown = req.route;
  if (res.statusCode === 404 || typeof route !== 'object' || route === null) return 'other';
  const path: unknown = (route as { readonly path?: unknown }).path;
  return typeof path === 'string' ? `${req.baseUrl}${path}` : 'other';
}

function methodLabel(method: string): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'].includes(method) ? method : 'other';
}
