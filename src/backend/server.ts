import { type Config, describeConfig } from '../config.js';
import { createApp } from './app.js';
import { createCvatApp } from './cvat/app.js';
import { listen, type RunningServer } from './listen.js';
import { createLog, type Log } from './log.js';
import { openServices, type OpenServices } from './open-services.js';
import type { Services } from './services.js';
import { awaitStop } from './stop-signal.js';

/** Where CVAT expects Nuclio's dashboard. */
const CVAT_PORT = 8070;

export interface ServeOptions {
  /** Stops the server like SIGTERM does. */
  readonly signal?: AbortSignal;
  readonly log?: Log;
}

/**
 * Runs the server until SIGTERM, SIGINT or the signal; then refuses new requests, lets those in progress finish and
 * closes everything. It listens before the default model is loaded. Throws CONFIG_INVALID, the PACK_* error of a model that is
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
  const { config, log, drain, jobs, models } = services;
  const model = models.default.inference.modelVersion;
  const server = await listen(createApp(services), {
    host: config.host,
    port: config.port,
    drain,
    drainTimeoutMs: config.drainTimeoutMs,
  });
  log.info({ host: config.host, port: server.port, model }, 'listening, loading the model');
  const forCvat = await listenForCvat(services);
  try {
    const first = await Promise.race([stopped, modelReady.then(() => null)]);
    if (first === null) {
      log.info({ model }, 'ready');
      await jobs.start();
    }
    log.info({ reason: first ?? (await stopped), inProgress: drain.inProgress() }, 'stopping');
  } finally {
    // All at once: who watches a job is in progress until the queue stops.
    const [allFinished, allOfCvatFinished] = await Promise.all([
      server.stop(),
      forCvat?.stop() ?? true,
      jobs.stop(),
    ]);
    if (!allFinished || !allOfCvatFinished)
      log.warn('requests were broken off because they did not finish in time');
  }
}

/** A second port must not keep the first from working: one that is taken is an error in the log, and CVAT goes without. */
async function listenForCvat(services: Services): Promise<RunningServer | null> {
  const { config, log, drain } = services;
  const { host, drainTimeoutMs } = config;
  // CVAT sends no credentials: where they are asked for, nothing is left open unless it was named.
  const port = config.cvatPort ?? (config.basicAuthUser === null ? CVAT_PORT : 0);
  if (port === 0) return null;
  try {
    const server = await listen(createCvatApp(services, port), { host, port, drain, drainTimeoutMs });
    log.info({ host, port }, 'listening for CVAT');
    return server;
  } catch (err) {
    log.error({ host, port, err }, 'not listening for CVAT');
    return null;
  }
}
