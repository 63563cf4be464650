import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const PORT = '19192';
export const BASE = `http://127.0.0.1:${PORT}`;
const MEBIBYTE = 1024 * 1024;

/** Starts the server as the command line does, with its files in `folder`, and waits until it is ready. */
export async function startServer(folder: string): Promise<ChildProcess> {
  const server = spawn(process.execPath, ['build/src/cli.js', 'serve'], {
    env: {
      ...process.env,
      PORT,
      LOG_LEVEL: 'error',
      SAMREFINER_HOST: '127.0.0.1',
      SAMREFINER_CVAT_PORT: '0',
      SAMREFINER_ADAPTERS_DIR: folder,
      // The whole batch is to be measured, however slow the machine.
      SAMREFINER_PREDICT_DEADLINE_MS: '3600000',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (let attempt = 0; attempt < 600; attempt++) {
    const isReady = await fetch(`${BASE}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) return server;
    await delay(100);
  }
  throw new Error('the server did not become ready');
}

export async function stop(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = once(server, 'exit');
  server.kill(signal);
  await exited;
}

/** Masks that the model has answered so far. */
export async function masksByModel(): Promise<number> {
  const text = await (await fetch(`${BASE}/metrics`)).text();
  const counts = text.matchAll(/^samrefiner_masks_total\{[^}]*\} (\d+)/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Resident memory of a process and its children in MiB; NaN where there is no /proc. */
export async function residentMib(pid: number): Promise<number> {
  const parents = new Map<number, { readonly parent: number; readonly kib: number }>();
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    const value = (key: string): number =>
      Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
    parents.set(Number(name), { parent: value('PPid'), kib: value('VmRSS') });
  }
  const belongs = (process: number): boolean =>
    process === pid || (parents.has(process) && belongs(parents.get(process)?.parent ?? 0));
  const kib = [...parents].reduce((sum, [process, facts]) => sum + (belongs(process) ? facts.kib : 0), 0);
  return parents.size === 0 ? NaN : (kib * 1024) / MEBIBYTE;
}
