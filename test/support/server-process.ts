import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../backend/serve-child.js', import.meta.url));

/** Something that ends and then closes what was opened for it: a test, or a program that borrows from the tests. */
export interface Scope {
  after(close: () => unknown): void;
}

export type LogLine = Readonly<Record<string, unknown>>;

export interface ServerProcess {
  /** Resolves to the first log line with that message. */
  logged(message: string): Promise<LogLine>;
  signal(name: NodeJS.Signals): void;
  readonly exited: Promise<{ readonly code: number | null; readonly errors: string }>;
}

/** The server as the command line runs it, in a process of its own, on a free port of 127.0.0.1. */
export async function startServer(scope: Scope, env: Record<string, string> = {}): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'samrefiner-test-'));
  const child = spawn(process.execPath, [PROGRAM], {
    env: {
      PATH: process.env['PATH'] ?? '',
      PORT: '0',
      SAMREFINER_CVAT_PORT: '0',
      SAMREFINER_HOST: '127.0.0.1',
      SAMREFINER_THREADS: '1',
      SAMREFINER_ADAPTERS_DIR: folder,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  scope.after(async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const lines: LogLine[] = [];
  const waiting = new Map<string, (line: LogLine) => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as LogLine;
    lines.push(line);
    waiting.get(String(line['msg']))?.(line);
  });
  const exited = once(child, 'exit').then(([code]) => ({ code: code as number | null, errors }));
  return {
    logged: (message) => {
      const present = lines.find((line) => line['msg'] === message);
      if (present) return Promise.resolve(present);
      const coming = new Promise<LogLine>((resolve) => waiting.set(message, resolve));
      const ended = exited.then((end) => {
        throw new Error(`the server ended with ${JSON.stringify(end)} before it logged "${message}"`);
      });
      return Promise.race([coming, ended]);
    },
    signal: (name) => child.kill(name),
    exited,
  };
}
