import { mkdir, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { RefinerError } from '../errors.js';
import { hashFile } from '../onnx/hash-file.js';
import { isInside } from '../onnx/pack-files.js';
import type { CheckpointPackManifest, PackDefaults, PackManifest } from '../onnx/pack-manifest.js';
import { isPackName } from '../onnx/pack-schema.js';
import { filesOf, MANIFEST_NAME } from '../onnx/pack.js';
import { PRESETS } from '../refiner/presets.js';
import { writeAtomically } from './write-atomically.js';

/** What is said of a checkpoint when it becomes a pack. */
export interface CheckpointFacts {
  readonly name: string;
  readonly family: string;
  readonly licence: string;
  readonly source: string;
}

/**
 * The folder of a pack that is about to be installed, made if need be. Throws PACK_INVALID for a name that a pack cannot
 * have, PACK_EXISTS.
 */
export async function newPackFolder(modelsDir: string, name: string): Promise<string> {
  if (!isPackName(name)) {
    throw new RefinerError('PACK_INVALID', {
      where: 'the name',
      expected: 'lower-case letters, digits, dots, dashes, at most 64, no dot or dash first',
      received: name.slice(0, 100),
    });
  }
  const folder = resolve(modelsDir, name);
  const installed = await stat(join(folder, MANIFEST_NAME)).catch(() => null);
  if (installed) {
    throw new RefinerError('PACK_EXISTS', {
      where: folder,
      expected: `another name, or \`samrefiner models remove ${name}\` before`,
      received: name,
    });
  }
  await mkdir(folder, { recursive: true });
  return folder;
}

/**
 * Makes a folder a pack by writing its `pack.json`, which is there at once or not at all. The checkpoint, which was
 * inspected before, is hashed unless its hash is known, and named by a relative path if it lies in the folder.
 */
export async function installCheckpoint(
  folder: string,
  checkpoint: { readonly path: string; readonly sha256?: string },
  facts: CheckpointFacts,
  signal?: AbortSignal,
): Promise<CheckpointPackManifest> {
  const path = resolve(checkpoint.path);
  const manifest: CheckpointPackManifest = {
    formatVersion: 2,
    name: facts.name,
    version: '1',
    family: facts.family,
    licence: facts.licence,
    source: facts.source,
    howMade: 'As published; its graphs are written from the checkpoint whenever the model is opened.',
    defaults: presetDefaults(),
    checkpoint: {
      path: pathFor(folder, path),
      bytes: (await stat(path)).size,
      sha256: checkpoint.sha256 ?? (await hashFile(path, { signal })),
    },
  };
  await writeAtomically(join(folder, MANIFEST_NAME), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** How a manifest names a file: relatively if it lies in the pack's folder. Both absolute. */
export function pathFor(folder: string, path: string): string {
  return isInside(folder, path) ? relative(folder, path).split(sep).join('/') : path;
}

/** Those of the method's published code, which was made with SAM. Whoever measures better ones may write them in. */
export function presetDefaults(): PackDefaults {
  const { rounds, accept } = PRESETS.official;
  const { minAgreement, minPredictedIou } = accept;
  return { preset: 'official', rounds, minAgreement, minPredictedIou };
}

/** The file of a pack that stays where it was, outside of its folder; null where there is none. */
export function fileOutside(manifest: PackManifest): string | null {
  return filesOf(manifest).find(({ path }) => isAbsolute(path))?.path ?? null;
}
