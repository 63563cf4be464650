import assert from 'node:assert/strict';
import test from 'node:test';
import type { ImageSource, TaskImageContext } from '../../../src/backend/label-studio/image-source.js';
import { rememberImages } from '../../../src/backend/label-studio/recent-images.js';

const CONTEXT: TaskImageContext = {
  taskId: '1',
  projectId: '7',
  hostname: null,
  accessToken: 'a',
  login: null,
  password: null,
};
const { signal } = new AbortController();

/** A source of four-byte images that counts, remembered for 100 ms up to 10 bytes, with a clock set by hand. */
function opened(): { images: ImageSource; fetched: string[]; clock: { now: number } } {
  const fetched: string[] = [];
  const clock = { now: 0 };
  const source: ImageSource = {
    load: (value) => {
      fetched.push(value);
      return value.endsWith('missing')
        ? Promise.reject(new Error('no such image'))
        : Promise.resolve(new Uint8Array(4));
    },
  };
  const images = rememberImages(source, { maxBytes: 10, keepMs: 100, nowMs: () => clock.now });
  return { images, fetched, clock };
}

test('an image is fetched once, until its time is over', async () => {
  const { images, fetched, clock } = opened();
  const first = await images.load('/a', CONTEXT, signal);
  clock.now = 99;
  assert.equal(await images.load('/a', CONTEXT, signal), first);
  clock.now = 100;
  await images.load('/a', CONTEXT, signal);
  assert.deepEqual(fetched, ['/a', '/a']);
});

test('whoever names another task, project, host or credential fetches it anew', async () => {
  const { images, fetched } = opened();
  await images.load('/a', CONTEXT, signal);
  const others: Partial<TaskImageContext>[] = [
    { taskId: '2' }, { projectId: '8' }, { hostname: 'http://h' }, { setupHostname: 'http://h' },
    { accessToken: 'b' }, { login: 'x' }, { password: 'x' },
  ]; // prettier-ignore
  for (const other of others) await images.load('/a', { ...CONTEXT, ...other }, signal);
  assert.equal(fetched.length, 1 + others.length);
});

test('the oldest images go when there is no room, and one that is larger than all room is not kept', async () => {
  const { images, fetched } = opened();
  for (const value of ['/a', '/b', '/c', '/b', '/c', '/a']) await images.load(value, CONTEXT, signal);
  assert.deepEqual(fetched, ['/a', '/b', '/c', '/a']);
  const small = rememberImages(
    { load: () => Promise.resolve(new Uint8Array(11)) },
    { maxBytes: 10, keepMs: 100 },
  );
  assert.notEqual(await small.load('/a', CONTEXT, signal), await small.load('/a', CONTEXT, signal));
});

test('neither a failure nor an image in the request itself is kept', async () => {
  const { images, fetched } = opened();
  for (const value of ['/missing', '/missing', 'data:x', 'data:x']) {
    await images.load(value, CONTEXT, signal).catch(() => undefined);
  }
  assert.equal(fetched.length, 4);
});
