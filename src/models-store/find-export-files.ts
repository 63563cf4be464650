import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RefinerError } from '../errors.js';
import type { OnnxGraph } from '../onnx/edit/onnx-graph.js';
import { readOnnxFile } from '../onnx/edit/read-onnx-file.js';
import { EXPORT_NAMES } from '../onnx/edit/refining-decoder.js';

export interface ExportFiles {
  readonly decoder: { readonly path: string; readonly bytes: Uint8Array };
  /** Absolute. */
  readonly encoder: string;
}

/** Whether a path is for `findExportFiles` rather than a checkpoint. */
export async function isExport(path: string): Promise<boolean> {
  return (
    path.toLowerCase().endsWith('.onnx') || ((await stat(path).catch(() => null))?.isDirectory() ?? false)
  );
}

/**
 * The two files of an export: both of a folder that has no other `.onnx` files, or a decoder and `encoder`, or else the
 * one other in its folder. Which is the decoder is seen from its inputs. Throws ONNX_INVALID, ONNX_UNSUPPORTED.
 */
export async function findExportFiles(path: string, encoder: string | null): Promise<ExportFiles> {
  const isFolder = (await stat(path).catch(() => null))?.isDirectory() ?? false;
  const folder = resolve(isFolder ? path : dirname(path));
  const candidates = isFolder ? await onnxFilesOf(folder) : [resolve(path)];
  const decoders = [];
  for (const file of candidates) {
    const { bytes, graph } = await readOnnxFile(file);
    if (isDecoder(graph)) decoders.push({ path: file, bytes });
  }
  const [decoder, ...more] = decoders;
  if (decoder === undefined || more.length > 0) {
    const expected = isFolder
      ? 'one decoder among its .onnx files; if there are several, name it, and the encoder with --encoder'
      : `a decoder, with the inputs ${EXPORT_NAMES.embedding} and ${EXPORT_NAMES.pointCoords}`;
    throw new RefinerError('ONNX_UNSUPPORTED', { where: path, expected, received: `${decoders.length}` });
  }
  if (encoder === null) return { decoder, encoder: await otherFile(folder, decoder.path) };
  return { decoder, encoder: await requireOwnWeights(encoder) };
}

async function otherFile(folder: string, decoder: string): Promise<string> {
  const others = (await onnxFilesOf(folder)).filter((file) => file !== decoder);
  const [encoder, ...more] = others;
  if (encoder !== undefined && more.length === 0) return requireOwnWeights(encoder);
  throw new RefinerError('ONNX_UNSUPPORTED', {
    where: folder,
    expected: 'one .onnx file beside the decoder, the encoder; otherwise name it with --encoder',
    received: `${others.length} others`,
  });
}

async function requireOwnWeights(encoder: string): Promise<string> {
  await readOnnxFile(encoder);
  return resolve(encoder);
}

function isDecoder({ inputs }: OnnxGraph): boolean {
  return inputs.includes(EXPORT_NAMES.embedding) && inputs.includes(EXPORT_NAMES.pointCoords);
}

async function onnxFilesOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.toLowerCase().endsWith('.onnx'))
    .sort()
    .map((name) => join(folder, name));
}
