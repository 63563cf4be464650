import { fork, type ChildProcess } from 'node:child_process';

import type { FromWorker, ToWorker } from './protocol.js';

/** What the server hears of a worker's process. `onExit` comes once, last, and also if it could not be started. */
export interface ProcessEvents {
  onMessage(message: FromWorker): void;
  onExit(reason: string): void;
}

/** A worker's process as the server sees it. */
export interface WorkerProcess {
  send(message: ToWorker): void;
  /** Ends the process at once, whatever it is doing. */
  kill(): void;
}

/**
 * Starts the program of a worker.
 *
 * A process and not a thread: ending a thread while onnxruntime runs in it aborts the whole server (node-addon-api
 * throws when the thread's JavaScript is already stopped), and a fault in native code that reads a hostile image ends
 * only the worker. The process is given no `SAMREFINER_*` variable, so that no token is in reach of such code.
 */
export function startWorkerProcess(program: URL, events: ProcessEvents): WorkerProcess {
  const child: ChildProcess = fork(program, {
    serialization: 'advanced',
    execArgv: [],
    env: withoutSettings(process.env),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let exited = false;
  const exit = (reason: string): void => {
    if (exited) return;
    exited = true;
    events.onExit(reason);
  };
  child.on('message', (message) => events.onMessage(message as FromWorker));
  child.on('error', (error) => {
    if (child.pid === undefined) exit(`could not be started: ${error.message}`);
  });
  child.on('exit', (code, signal) => {
    const reason = `exited with ${signal ?? `code ${code ?? 'unknown'}`}`;
    // Its last messages may still lie in the connection, which ends with 'disconnect'.
    if (child.connected) child.once('disconnect', () => exit(reason));
    else exit(reason);
  });
  return {
    send(message) {
      // Without a callback a closed connection would be an 'error'; 'exit' tells the same.
      if (child.connected) child.send(message, () => undefined);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const entries = Object.entries(environment);
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith('SAMREFINER_')));
}
