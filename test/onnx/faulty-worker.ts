import { processChannel } from '../../src/onnx/process-channel.js';
import type { ToWorker } from '../../src/onnx/protocol.js';
import { serveWorker } from '../../src/onnx/serve-worker.js';

// The real worker, except that an image whose file ends in a fault makes it fail in that way.
process.on('message', (message: ToWorker) => {
  if (message.kind !== 'image') return;
  const tail = Buffer.from(message.part).subarray(-20).toString('latin1');
  if (tail.endsWith('fault:throw')) throw new Error('a fault in the worker');
  if (tail.endsWith('fault:exit')) process.exit(3);
  if (tail.endsWith('fault:crash')) process.kill(process.pid, 'SIGSEGV');
  while (tail.endsWith('fault:hang'));
});
serveWorker(processChannel());
