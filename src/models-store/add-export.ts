import { rm, rmdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RefinerError } from '../errors.js';
import { refiningDecoder } from '../onnx/edit/refining-decoder.js';
import { describeDecoder, describeEncoder, type StatedInput } from '../onnx/export-ends.js';
import { hashFile } from '../onnx/hash-file.js';
import { openModel } from '../onnx/model.js';
import type { ExportPackManifest, PackFile } from '../onnx/pack-manifest.js';
import { isInside } from '../onnx/pack-files.js';
import { loadPack, MANIFEST_NAME } from '../onnx/pack.js';
import { tryModel } from '../onnx/try-model.js';
import type { AddOptions } from './add-model.js';
import { copyInto } from './copy-into.js';
import { findExportFiles } from './find-export-files.js';
import { newPackFolder, pathFor, presetDefaults } from './install-checkpoint.js';
import { writeAtomically } from './write-atomically.js';

export interface AddExportOptions extends AddOptions {
  /** The encoder's file, where it is not the only other one beside the decoder. */
  readonly encoder?: string | undefined;
  /** Must be said of encoders that take planes. */
  readonly encoderInput?: StatedInput | undefined;
}

const FAMILY = 'sam-onnx';
const DECODER_NAME = 'refining-decoder.onnx';
const ENCODER_NAME = 'encoder.onnx';
const UNKNOWN_LICENCE = 'not stated; see where the export comes from';

/**
 * Installs a public ONNX export of SAM as a pack: a folder or a decoder's file (see `findExportFiles`). The decoder is
 * written anew into the pack, the encoder copied or left where it is. The model is run once before it is installed.
 * Throws ONNX_INVALID, ONNX_UNSUPPORTED, PACK_EXISTS, PACK_INVALID, PACK_MISMATCH.
 */
export async function addExport(path: string, options: AddExportOptions): Promise<ExportPackManifest> {
  const { encoder, decoder } = await findExportFiles(path, options.encoder ?? null);
  const refining = refiningDecoder(decoder.bytes);
  const { embedding, ...described } = await describeDecoder(refining.model);
  const { input, output } = await describeEncoder(encoder, embedding, options.encoderInput ?? null);
  const { iouFeatures, iouFeatureCount, candidateCount } = refining;

  return installInto(options, async (folder, name, written) => {
    written.push(DECODER_NAME);
    await writeAtomically(join(folder, DECODER_NAME), refining.model);
    const copied = options.copy && !isInside(folder, encoder);
    if (copied) written.push(ENCODER_NAME);
    const kept = copied ? await copyInto(folder, encoder, ENCODER_NAME) : encoder;
    return {
      formatVersion: 3,
      name,
      version: '1',
      family: FAMILY,
      licence: options.licence ?? UNKNOWN_LICENCE,
      source: `${basename(encoder)} and ${basename(decoder.path)}, added by hand`,
      howMade:
        'As exported; the decoder without the masks in image size and with the features of its IoU head.',
      encoder: { file: await fileOf(folder, kept, options.signal), input, output },
      decoder: {
        file: await fileOf(folder, join(folder, DECODER_NAME), options.signal),
        ...described,
        iouFeatures,
        iouFeatureCount,
        candidateCount,
      },
      defaults: presetDefaults(),
    };
  });
}

/** Fills a new pack's folder; if that fails or the pack does not run, the files written there go. */
async function installInto(
  { modelsDir, name = FAMILY }: AddExportOptions,
  fill: (folder: string, name: string, written: string[]) => Promise<ExportPackManifest>,
): Promise<ExportPackManifest> {
  const folder = await newPackFolder(modelsDir, name);
  const written = [MANIFEST_NAME];
  try {
    const manifest = await fill(folder, name, written);
    await writeAtomically(join(folder, MANIFEST_NAME), `${JSON.stringify(manifest, null, 2)}\n`);
    await requireRunning(folder);
    return manifest;
  } catch (error) {
    for (const file of written) await rm(join(folder, file), { force: true });
    await rmdir(folder).catch(() => undefined);
    throw error;
  }
}

/** Sides that an export leaves open, and numbers that are none, show only when it runs. */
async function requireRunning(folder: string): Promise<void> {
  const model = await openModel(await loadPack(folder), { threads: 1 });
  try {
    await tryModel(model);
  } catch (cause) {
    if (cause instanceof RefinerError) throw cause;
    const received = cause instanceof Error ? cause.message.slice(0, 300) : 'another error';
    throw new RefinerError('ONNX_UNSUPPORTED', { expected: 'a model that runs', received }, { cause });
  } finally {
    await model.close();
  }
}

async function fileOf(folder: string, path: string, signal?: AbortSignal): Promise<PackFile> {
  return {
    path: pathFor(folder, path),
    bytes: (await stat(path)).size,
    sha256: await hashFile(path, { signal }),
  };
}
