import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { startWorkerProcess } from '../../src/onnx/worker-process.js';

const SKIP = process.platform === 'linux' ? false : 'reads /proc';

test('the workers end when their server is killed', { skip: SKIP, timeout: 60_000 }, async () => {
  const host = fork(new URL('./pool-host.js', import.meta.url));
  const pid = String(host.pid);
  await once(host, 'message');
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'))
    .trim()
    .split(' ')
    .map(Number);
  assert.equal(children.length, 2);
  host.kill('SIGKILL');
  while (children.some(isAlive)) await nextTurn();
});

test('a worker is given no setting of the server', async () => {
  process.env['SAMREFINER_TEST_SECRET'] = 'secret';
  const message = new Promise((resolve, reject) => {
    startWorkerProcess(new URL('./environment-worker.js', import.meta.url), {
      onMessage: resolve,
      onExit: reject,
    });
  });
  const names = await message;
  delete process.env['SAMREFINER_TEST_SECRET'];
  assert.ok(Array.isArray(names) && names.includes('PATH'));
  assert.ok(!names.includes('SAMREFINER_TEST_SECRET'));
});

test('a program that is not there is an exit', async () => {
  const reason = await new Promise<string>((resolve) => {
    startWorkerProcess(new URL('./no-such-worker.js', import.meta.url), {
      onMessage: () => undefined,
      onExit: resolve,
    });
  });
  assert.match(reason, /exited with code 1/);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
