import { basename } from 'node:path';
import { hashFile } from '../onnx/hash-file.js';
import type { CheckpointPackManifest } from '../onnx/pack-manifest.js';
import { isPathInPack } from '../onnx/pack-schema.js';
import { copyInto } from './copy-into.js';
import { inspectCheckpoint } from './inspect-checkpoint.js';
import { installCheckpoint, newPackFolder } from './install-checkpoint.js';
import { readRegistry } from './registry.js';

export interface AddOptions {
  readonly modelsDir: string;
  /** The family's name unless given. */
  readonly name?: string | undefined;
  readonly licence?: string | undefined;
  /** Copies the file into the pack's folder; otherwise it stays where it is and must stay there. */
  readonly copy: boolean;
  readonly signal?: AbortSignal | undefined;
}

const UNKNOWN_LICENCE = 'not stated; see where the checkpoint comes from';

/**
 * Installs a checkpoint file as a pack. It must be of a known family and hold finite numbers; a published one is
 * recognised by its hash, which gives licence and source. Throws the CHECKPOINT_* codes, PACK_EXISTS, PACK_INVALID.
 */
export async function addModel(file: string, options: AddOptions): Promise<CheckpointPackManifest> {
  const { modelsDir, copy, signal } = options;
  const { family } = await inspectCheckpoint(file, signal);
  const sha256 = await hashFile(file, { signal });
  const published = (await readRegistry()).find((entry) => entry.sha256 === sha256);
  const name = options.name ?? family;
  const folder = await newPackFolder(modelsDir, name);
  const path = copy ? await copyInto(folder, file, nameFor(file)) : file;
  // A copy is hashed again: what counts is what has arrived.
  return installCheckpoint(
    folder,
    copy ? { path } : { path, sha256 },
    {
      name,
      family,
      licence: options.licence ?? published?.licence ?? UNKNOWN_LICENCE,
      source: published ? `${published.source}, ${published.url}` : `${basename(file)}, added by hand`,
    },
    signal,
  );
}

function nameFor(file: string): string {
  return isPathInPack(basename(file)) ? basename(file) : 'checkpoint.pth';
}
