import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { RefinerError } from '../../src/errors.js';
import { Checkpoint } from '../../src/onnx/checkpoint/checkpoint.js';

const FILES = 20_000;
const MAX_RSS_GROWTH_BYTES = 300 * 1024 * 1024;

/** A small seeded generator (mulberry32), so that a failure can be repeated. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function mutate(original: Buffer, random: () => number): Buffer {
  const bytes = Buffer.from(original);
  const place = (): number => Math.floor(random() * bytes.length);
  const changes = 1 + Math.floor(random() * 8);
  for (let i = 0; i < changes; i++) {
    switch (Math.floor(random() * 4)) {
      case 0:
        bytes[place()] = Math.floor(random() * 256);
        break;
      case 1:
        bytes.writeUInt32LE(
          random() < 0.5 ? 0xffffffff : Math.floor(random() * 2 ** 32),
          Math.min(place(), bytes.length - 4),
        );
        break;
      case 2:
        bytes.copy(bytes, place(), place(), Math.min(bytes.length, place() + 64));
        break;
      default:
        bytes[place()] = (bytes[place()] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
  }
  return random() < 0.1 ? bytes.subarray(0, place()) : bytes;
}

test(`${FILES} mutated checkpoints are read or refused, without a crash, a hang or much memory`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'checkpoint-fuzz-'));
  const path = join(folder, 'mutated.pth');
  const originals = await Promise.all(
    ['plain', 'wrapped'].map((name) => readFile(`test/golden/checkpoint/${name}.pth`)),
  );
  const random = generator(20_000);
  const startRss = process.memoryUsage().rss;
  let refused = 0;
  try {
    for (let i = 0; i < FILES; i++) {
      await writeFile(path, mutate(originals[i % originals.length] ?? Buffer.alloc(0), random));
      let checkpoint: Checkpoint | null = null;
      try {
        checkpoint = await Checkpoint.open(path);
        await checkpoint.refuseNonFinite();
      } catch (error) {
        assert.ok(error instanceof RefinerError, `file ${i}: ${String(error)}`);
        refused++;
      } finally {
        await checkpoint?.close();
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  assert.ok(refused > FILES / 4, `only ${refused} were refused`);
  assert.ok(process.memoryUsage().rss - startRss < MAX_RSS_GROWTH_BYTES);
});
