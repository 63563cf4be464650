/**
 * One call of `/predict` with 50 tasks of 5 brush masks each through a real server: seconds and peak memory of the server
 * with its workers; then the same with another server that is killed half-way (SIGKILL), started anew and asked again:
 * how many masks were given to the model a second time.
 * Run: `npm run typecheck && node build/bench/batch.js [photograph …]`; without photographs, pictures of discs.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { batchBody, MASKS_PER_TASK, TASKS } from './batch-request.js';
import { BASE, masksByModel, residentMib, startServer, stop } from './server-process.js';

const MASKS = TASKS * MASKS_PER_TASK;
const SAMPLE_EVERY_MS = 100;
const MEBIBYTE = 1024 * 1024;

interface Run {
  readonly seconds: number;
  /** Tasks with a prediction; null when the call failed. */
  readonly answered: number | null;
}

async function predict(body: string): Promise<Run> {
  const startMs = performance.now();
  const answer = await fetch(`${BASE}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
    .then((response) => response.json() as Promise<{ readonly results: readonly unknown[] }>)
    .catch(() => null);
  return {
    seconds: (performance.now() - startMs) / 1000,
    answered: answer?.results.filter((result) => !Array.isArray(result)).length ?? null,
  };
}

/** The most memory that the server had while `work` went on. */
async function peakMib(server: ChildProcess, work: Promise<unknown>): Promise<number> {
  let peak = 0;
  const done = work.then(() => true);
  do peak = Math.max(peak, await residentMib(server.pid ?? 0));
  while (!(await Promise.race([done, delay(SAMPLE_EVERY_MS, false)])));
  return peak;
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'samrefiner-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureWhole(body: string): Promise<void> {
  await withFolder(async (folder) => {
    const server = await startServer(folder);
    try {
      const call = predict(body);
      const mib = await peakMib(server, call);
      const { seconds, answered } = await call;
      console.log(
        `| whole | ${seconds.toFixed(1)} | ${answered} of ${TASKS} | ${await masksByModel()} | ${mib.toFixed(0)} |`,
      );
      const again = await predict(body);
      console.log(
        `| asked again | ${again.seconds.toFixed(1)} | ${again.answered} of ${TASKS} | ${(await masksByModel()) - MASKS} | |`,
      );
    } finally {
      await stop(server, 'SIGTERM');
    }
  });
}

async function measureKilled(body: string): Promise<void> {
  await withFolder(async (folder) => {
    const first = await startServer(folder);
    const lost = predict(body);
    let finished: number;
    try {
      while ((await masksByModel()) < MASKS / 2) await delay(20);
      // The kill is not to come just when a task is finished, which is when the loop ends.
      await delay(100);
      finished = await masksByModel();
    } finally {
      await stop(first, 'SIGKILL');
    }
    const { seconds } = await lost;
    console.log(`| until killed | ${seconds.toFixed(1)} | 0 of ${TASKS} | ${finished} | |`);
    const second = await startServer(folder);
    try {
      const call = predict(body);
      const mib = await peakMib(second, call);
      const { seconds: rest, answered } = await call;
      const redone = await masksByModel();
      console.log(
        `| asked again | ${rest.toFixed(1)} | ${answered} of ${TASKS} | ${redone} | ${mib.toFixed(0)} |`,
      );
      console.log(
        `\nfinished masks that were done again: ${Math.max(0, finished + redone - MASKS)} of ${finished}`,
      );
    } finally {
      await stop(second, 'SIGTERM');
    }
  });
}

const body = await batchBody(process.argv.slice(2));
console.log(`${TASKS} tasks of ${MASKS_PER_TASK} masks, ${(body.length / MEBIBYTE).toFixed(1)} MiB of JSON`);
console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}\n`);
console.log('| call | seconds | tasks answered | masks by the model | peak MiB |\n|:--|---:|---:|---:|---:|');
await measureWhole(body);
await measureKilled(body);
