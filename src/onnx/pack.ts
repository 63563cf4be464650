import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { RefinerError } from '../errors.js';
import { checkPackFiles } from './pack-files.js';
import { parseManifest } from './pack-manifest-check.js';
import type { PackFile, PackManifest } from './pack-manifest.js';

/** The file that makes a folder a model pack. */
export const MANIFEST_NAME = 'pack.json';
const MAX_MANIFEST_BYTES = 1_000_000;

/** A model pack. */
export interface Pack {
  /** Absolute path of its folder. */
  readonly directory: string;
  readonly manifest: PackManifest;
  /** Hexadecimal SHA-256 of all in the pack that decides the results: the files' hashes and how they are used. */
  readonly fingerprint: string;
}

/**
 * Reads and checks the pack in a folder: `pack.json` against its schema, every file's place, size and SHA-256. The
 * graphs themselves are looked at when the model is opened.
 *
 * Throws PACK_INVALID, PACK_FILE_MISSING (also without `pack.json`), PACK_FILE_DAMAGED, or the signal's reason.
 */
export async function loadPack(directory: string, signal?: AbortSignal): Promise<Pack> {
  const pack = await readPack(directory);
  await checkPackFiles(pack.directory, filesOf(pack.manifest), signal);
  return pack;
}

/** The pack as its `pack.json` describes it; its files are not looked at. Throws PACK_INVALID, PACK_FILE_MISSING. */
export async function readPack(directory: string): Promise<Pack> {
  const absolute = resolve(directory);
  const manifest = await readManifest(absolute);
  return { directory: absolute, manifest, fingerprint: fingerprintOf(manifest) };
}

/** The `pack.json` of a folder, checked against its schema alone. Throws PACK_INVALID, PACK_FILE_MISSING. */
export async function readManifest(directory: string): Promise<PackManifest> {
  const where = `${basename(directory)}/${MANIFEST_NAME}`;
  return parseManifest(await readText(join(directory, MANIFEST_NAME), where), where);
}

/** The files that a pack consists of. */
export function filesOf(manifest: PackManifest): readonly PackFile[] {
  if (manifest.formatVersion === 1) return manifest.files;
  if (manifest.formatVersion === 2) return [manifest.checkpoint];
  return [manifest.encoder.file, manifest.decoder.file];
}

async function readText(path: string, where: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= MAX_MANIFEST_BYTES) return await readFile(path, 'utf8');
    throw new RefinerError('PACK_INVALID', {
      where,
      expected: `at most ${MAX_MANIFEST_BYTES} bytes`,
      received: `${size} bytes`,
    });
  } catch (cause) {
    if (cause instanceof RefinerError) throw cause;
    const reason = cause instanceof Error ? cause.message : 'it cannot be read';
    throw new RefinerError('PACK_FILE_MISSING', { where, received: reason }, { cause });
  }
}

function fingerprintOf(manifest: PackManifest): string {
  return createHash('sha256')
    .update(JSON.stringify(decisiveOf(manifest)))
    .digest('hex');
}

function decisiveOf(manifest: PackManifest): readonly unknown[] {
  if (manifest.formatVersion === 2) return [manifest.family, manifest.checkpoint.sha256];
  if (manifest.formatVersion === 3) {
    const { encoder, decoder } = manifest;
    return [encoder.input, encoder.output, encoder.file.sha256, decoder];
  }
  const hashes = manifest.files.map(({ path, sha256 }) => [path, sha256]);
  return [manifest.input, manifest.encoder, manifest.decoder, hashes];
}
