import { resolve } from 'node:path';
import type { TestContext } from 'node:test';

import type { Inference } from '../../src/onnx/inference.js';
import { openInferencePool, type PoolSettings } from '../../src/onnx/pool.js';

export const LITE_PACK = resolve('models/lite');

export const FAULTY_WORKER = new URL('./faulty-worker.js', import.meta.url);

/** A pool with the lite model, closed when the test is over. */
export async function openPool(
  context: TestContext,
  changes: Partial<PoolSettings> = {},
): Promise<Inference> {
  const pool = await openInferencePool({
    packDirectory: LITE_PACK,
    workers: 1,
    threadsPerWorker: 1,
    cacheBytes: 256 << 20,
    maxQueued: 100,
    maxPixels: 50_000_000,
    hangTimeoutMs: 20_000,
    ...changes,
  });
  context.after(() => pool.close());
  return pool;
}
