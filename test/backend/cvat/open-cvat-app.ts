import type { Express } from 'express';
import type { TestContext } from 'node:test';
import { createCvatApp } from '../../../src/backend/cvat/app.js';
import type { Services } from '../../../src/backend/services.js';
import type { Environment } from '../../../src/config.js';
import { openInlineInference } from '../../../src/onnx/inline.js';
import { openTestServices } from '../open-app.js';
import { servingOnly } from '../serving-only.js';

export const HTTP_PORT = 8070;

/** What CVAT talks to, with an inference that keeps every shape unless `changes` brings another. */
export async function openCvatApp(
  context: TestContext,
  env: Environment = {},
  changes: Partial<Services> = {},
): Promise<{ readonly app: Express; readonly services: Services }> {
  const { services } = await openTestServices(context, env, changes);
  return { app: createCvatApp(services, HTTP_PORT), services };
}

/** The same with the model that comes with the program. */
export async function openRealCvat(
  context: TestContext,
  env: Environment = {},
): Promise<{ readonly app: Express; readonly services: Services }> {
  const inference = await openInlineInference({
    packDirectory: 'models/lite',
    threads: 1,
    cacheBytes: 2 ** 26,
    maxPixels: 1e7,
  });
  context.after(() => inference.close());
  return openCvatApp(context, env, { models: servingOnly(inference) });
}

export async function openRealCvatApp(context: TestContext, env: Environment = {}): Promise<Express> {
  return (await openRealCvat(context, env)).app;
}
