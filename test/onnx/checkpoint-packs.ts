import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { CheckpointPackManifest } from '../../src/onnx/pack-manifest.js';

/** Small models with random weights (golden/models/make_vectors.py); `hq` is wrapped and in half precision. */
export const SMALL_CHECKPOINTS = {
  sam: { path: resolve('test/golden/models/sam.pth'), family: 'sam-vit-32x4' },
  hq: { path: resolve('test/golden/models/hq.pth'), family: 'hq-vit-40x3' },
} as const;

/** The manifest of a checkpoint that stays where it is. */
export async function checkpointManifest(path: string, family: string): Promise<CheckpointPackManifest> {
  const bytes = await readFile(path);
  return {
    formatVersion: 2,
    name: 'small',
    version: '1',
    family,
    licence: 'Apache-2.0',
    source: 'made for the tests',
    howMade: 'random numbers',
    defaults: { preset: 'official', rounds: 2, minAgreement: 0.5, minPredictedIou: 0 },
    checkpoint: { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
  };
}

/** A folder with nothing but that manifest. Returns the folder. */
export async function writePack(folder: string, manifest: CheckpointPackManifest): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'pack.json'), JSON.stringify(manifest));
  return folder;
}

/** A copy of a checkpoint, changed in one byte of its numbers or cut short. */
export async function damagedCopy(path: string, to: string, how: 'changed' | 'cut'): Promise<string> {
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  await mkdir(dirname(to), { recursive: true });
  if (how === 'changed') bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(to, how === 'cut' ? bytes.subarray(0, middle) : bytes);
  return to;
}
