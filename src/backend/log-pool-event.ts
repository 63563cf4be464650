import type { Device } from '../onnx/execution.js';
import type { PoolEvent } from '../onnx/pool.js';
import type { Log } from './log.js';

/** Logs what happens to a worker; that the device which was asked for is not used is a warning, unless `auto` was. */
export function logPoolEvent(log: Log, event: PoolEvent, device: Device): void {
  const { worker } = event;
  if (event.kind === 'worker-lost') {
    log.error({ worker, err: event.error }, 'worker lost');
    return;
  }
  const { provider, refused } = event.inUse;
  for (const { provider: wanted, reason } of refused) {
    const facts = { worker, wanted, reason };
    if (device === 'auto') log.info(facts, 'device not usable');
    else log.warn(facts, 'device not usable, running on the CPU');
  }
  log.info({ worker, model: event.modelVersion, device: provider }, 'worker started');
}
