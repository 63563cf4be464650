import type { Express } from 'express';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { createAdmission } from '../../src/backend/admission.js';
import { createApp } from '../../src/backend/app.js';
import { createDrain } from '../../src/backend/drain.js';
import { createAdaptersInUse } from '../../src/backend/fit/adapters-in-use.js';
import { createImageFetcher } from '../../src/backend/fetch-image.js';
import { JsonParser } from '../../src/backend/json-parser.js';
import { createServerJobs, openJobStore } from '../../src/backend/jobs/open-jobs.js';
import { createImageSource } from '../../src/backend/label-studio/image-source.js';
import { createLog } from '../../src/backend/log.js';
import { measureModels } from '../../src/backend/measure.js';
import { createMetrics } from '../../src/backend/metrics.js';
import type { Services } from '../../src/backend/services.js';
import { type Environment, loadConfig } from '../../src/config.js';
import { keepingInference } from './inline-inference.js';
import { servingOnly } from './serving-only.js';

export const MEBIBYTE = 1024 * 1024;

export interface TestApp {
  readonly app: Express;
  readonly services: Services;
  /** Everything that was logged, line by line. */
  readonly logged: () => string;
}

/** The whole app with an inference that keeps every shape; closed when the test is over. */
export async function openApp(
  context: TestContext,
  env: Environment = {},
  changes: Partial<Services> = {},
): Promise<TestApp> {
  const { services, logged } = await openTestServices(context, env, changes);
  return { app: createApp(services), services, logged };
}

export async function openTestServices(
  context: TestContext,
  env: Environment = {},
  changes: Partial<Services> = {},
): Promise<Omit<TestApp, 'app'>> {
  const folder = await mkdtemp(join(tmpdir(), 'samrefiner-test-'));
  const config = loadConfig({ SAMREFINER_ADAPTERS_DIR: folder, LOG_LEVEL: 'debug', ...env });
  const { log, logged } = collectingLog(config.logLevel);
  const fetcher = createImageFetcher({
    maxBytes: config.maxImageMb * MEBIBYTE,
    timeoutMs: config.fetchTimeoutMs,
    allowedOrigins: config.allowedOrigins,
    verifyTls: config.verifySsl,
  });
  const store = await openJobStore(config);
  const metrics = createMetrics();
  const models = measureModels(changes.models ?? servingOnly(keepingInference()), metrics);
  const json = new JsonParser({ maxDepth: config.maxJsonDepth, maxNodes: 2_000_000 });
  const services: Services = {
    config,
    log,
    metrics,
    adapters: createAdaptersInUse(config.adaptersDir, log),
    fetcher,
    images: createImageSource({ labelStudioUrl: null, apiKey: null, localFilesRoot: null }, fetcher, log),
    jobs: createServerJobs(config, log, { store, models, json }),
    nuclio: null,
    storedMasks: null,
    json,
    admission: createAdmission({
      maxRequests: config.maxRequests,
      maxBytes: config.maxInFlightMb * MEBIBYTE,
      maxBodyBytes: config.maxBodyMb * MEBIBYTE,
    }),
    drain: createDrain(),
    version: '0.0.0',
    ...changes,
    models,
  };
  context.after(async () => {
    await services.jobs.stop();
    await store.close();
    services.metrics.close();
    await services.json.close();
    await fetcher.close();
    await rm(folder, { recursive: true });
  });
  return { services, logged };
}

export function collectingLog(level: string): { log: Services['log']; logged: () => string } {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  return { log: createLog(level, destination), logged: () => lines.join('') };
}
