import { openInferencePool } from '../../src/onnx/pool.js';
import { LITE_PACK } from './open-pool.js';

// A server process that opens a pool and then idles until it is killed.
await openInferencePool({
  packDirectory: LITE_PACK,
  workers: 2,
  threadsPerWorker: 1,
  cacheBytes: 0,
  maxQueued: 1,
  maxPixels: 1e6,
  hangTimeoutMs: 1000,
});
process.send?.('ready');
