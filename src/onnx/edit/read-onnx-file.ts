import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { RefinerError } from '../../errors.js';
import { type OnnxGraph, readOnnxGraph } from './onnx-graph.js';
import { fieldsOf, integerOf, messageOf } from './protobuf-reader.js';

/** No protocol-buffer message is larger, so a larger model has its weights in other files. */
const MAX_BYTES = 2 ** 31 - 1;
const INITIALIZER = 5;
const DATA_LOCATION = 14;

export interface OnnxFile {
  readonly bytes: Uint8Array;
  readonly graph: OnnxGraph;
}

/** Reads an ONNX file that holds its own weights. Throws ONNX_INVALID, ONNX_UNSUPPORTED. */
export async function readOnnxFile(path: string): Promise<OnnxFile> {
  const where = basename(path);
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) {
    const received = found ? 'a folder' : 'no such file';
    throw new RefinerError('ONNX_INVALID', { where: path, expected: 'an ONNX file', received });
  }
  if (found.size > MAX_BYTES) {
    const received = `${found.size} bytes`;
    throw new RefinerError('ONNX_UNSUPPORTED', { where, expected: `at most ${MAX_BYTES} bytes`, received });
  }
  const bytes = await readFile(path);
  try {
    const graph = readOnnxGraph(bytes);
    refuseExternalWeights(graph, where);
    return { bytes, graph };
  } catch (cause) {
    if (!(cause instanceof RefinerError)) throw cause;
    throw new RefinerError(cause.code, { where, ...cause.facts }, { cause });
  }
}

/** A pack checks every byte that decides its results; files that only the graph names would escape that. */
function refuseExternalWeights({ field }: OnnxGraph, where: string): void {
  for (const part of fieldsOf(messageOf(field))) {
    if (part.number !== INITIALIZER) continue;
    for (const inner of fieldsOf(messageOf(part))) {
      if (inner.number !== DATA_LOCATION || integerOf(inner) === 0n) continue;
      throw new RefinerError('ONNX_UNSUPPORTED', {
        where,
        expected: 'its weights in the file itself (onnx.save_model with save_as_external_data=False)',
        received: 'weights in other files',
      });
    }
  }
}
