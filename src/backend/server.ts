import { type Config, describeConfig } from '../config.js';
import { createApp } from './app.js';
import { listen } from './listen.js';
import { createLog, type Log } from './log.js';
import { openServices, type OpenServices } from './open-services.js';
import { awaitStop } from './stop-signal.js';

export interface ServeOptions {
  /** Stops the server like SIGTERM does. */
  readonly signal?: AbortSignal;
  readonly log?: Log;
}

/**
 * Runs the server until SIGTERM, SIGINT or the signal; then refuses new requests, lets those in progress finish and
 * closes everything. It listens before the model is loaded. Throws CONFIG_INVALID, the PACK_* error of a model that is
 * refused (also while already listening), or the system's error when the port is taken.
 */
export async function serve(
  config: Config,
  { signal, log = createLog(config.logLevel) }: ServeOptions = {},
): Promise<void> {
  log.info({ settings: describeConfig(config) }, 'settings');
  const stop = awaitStop(signal);
  try {
    const opened = await openServices(config, log);
    try {
      await run(opened, stop.stopped);
    } finally {
      stop.close();
      await opened.close();
    }
  } finally {
    stop.close();
  }
  log.info('stopped');
}

async function run({ services, modelReady }: OpenServices, stopped: Promise<string>): Promise<void> {
  const { config, log, drain, inference, jobs } = services;
  const server = await listen(createApp(services), {
    host: config.host,
    port: config.port,
    drain,
    drainTimeoutMs: config.drainTimeoutMs,
  });
  log.info(
    { host: config.host, port: server.port, model: inference.modelVersion },
    'listening, loading the model',
  );
  try {
    const first = await Promise.race([stopped, modelReady.then(() => null)]);
    if (first === null) {
      log.info({ model: inference.modelVersion }, 'ready');
      await jobs.start();
    }
    log.info({ reason: first ?? (await stopped), inProgress: drain.inProgress() }, 'stopping');
  } finally {
    // Both at once: who watches a job is in progress until the queue stops.
    const [allFinished] = await Promise.all([server.stop(), jobs.stop()]);
    if (!allFinished) log.warn('requests were broken off because they did not finish in time');
  }
}
