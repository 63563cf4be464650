import { processChannel } from './process-channel.js';
import { serveWorker } from './serve-worker.js';

// The program of an inference worker, started by `WorkerHandle`.
serveWorker(processChannel());
