import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { GraphBuilder, type Tensor } from '../../src/onnx/graph/graph-builder.js';

/** The export of golden/models/sam.pth that golden/onnx-export/make_exports.py wrote. */
export async function smallExport(part: 'encoder' | 'decoder'): Promise<Uint8Array> {
  return gunzipSync(await readFile(`test/golden/onnx-export/${part}.onnx.gz`));
}

/** Both files, or others instead, in a folder. Returns the folder. */
export async function writeExport(
  folder: string,
  files: Readonly<Record<string, Uint8Array>> = {},
): Promise<string> {
  const all = {
    'encoder.onnx': await smallExport('encoder'),
    'decoder.onnx': await smallExport('decoder'),
    ...files,
  };
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(all)) await writeFile(join(folder, name), bytes);
  return folder;
}

/** An encoder that answers zeros in the shape of the small decoder's embedding, whatever the image. */
export function blankEncoder(
  shape: readonly (number | string)[],
  { output = [1, 16, 8, 8], tensor = 'image' }: { output?: readonly number[]; tensor?: string } = {},
): Uint8Array {
  const graph = new GraphBuilder();
  const image: Tensor = graph.input(tensor, 'float32', shape);
  const mean = graph.node('ReduceMean', [image], { keepdims: 0 });
  const zero = graph.node('Mul', [mean, graph.scalar(0)]);
  graph.node('Expand', [zero, graph.integers(...output)], {}, { as: 'embedding' });
  graph.output('embedding', 'float32', output);
  return graph.finish('blank encoder');
}
