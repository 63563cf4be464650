import assert from 'node:assert/strict';
import test from 'node:test';
import { Checkpoint } from '../../../src/onnx/checkpoint/checkpoint.js';
import { recogniseFamily } from '../../../src/onnx/families/recognise.js';
import { GraphBuilder } from '../../../src/onnx/graph/graph-builder.js';
import { authorImageInput } from '../../../src/onnx/graph/image-input.js';
import type { NumbersAtOnce } from '../../../src/onnx/graph/tiny-vit-context.js';
import { authorTinyVitEncoder } from '../../../src/onnx/graph/tiny-vit-encoder.js';
import { type NamedTensors, relativeError, tensorOf } from './decoder-vectors.js';
import { openModel, readModelVectors, toPixels } from './model-vectors.js';

const DIRECTORY = 'test/golden/models';
const IMAGE_SIZE = 64;
const TOLERANCE = 1e-5;

/** The encoder's embedding and, for HQ-SAM, its intermediate features. */
async function encode(
  model: string,
  image: NamedTensors[string],
  atOnce?: NumbersAtOnce,
): Promise<NamedTensors> {
  const checkpoint = await Checkpoint.open(`${DIRECTORY}/${model}.pth`);
  try {
    const { encoder, ...family } = recogniseFamily(checkpoint, IMAGE_SIZE);
    assert.equal(encoder.kind, 'tiny-vit');
    const graph = new GraphBuilder();
    const input = authorImageInput(graph, family.imageSize);
    const output = await authorTinyVitEncoder(graph, checkpoint, { ...family, encoder }, input, atOnce);
    const names = Object.entries(output).filter((entry): entry is [string, string] => entry[1] !== null);
    for (const [, tensor] of names) graph.output(tensor, 'float32', ['a', 'b', 'c', 'd']);
    const session = await openModel(graph.finish(model), checkpoint);
    const result = await session.run({ image: toPixels(image) });
    await session.release();
    return Object.fromEntries(names.map(([name, tensor]) => [name, tensorOf(result, tensor)]));
  } finally {
    await checkpoint.close();
  }
}

function assertClose(actual: NamedTensors, expected: NamedTensors, name: string): void {
  const error = relativeError(tensorOf(actual, name), tensorOf(expected, name));
  assert.ok(error <= TOLERANCE, `${name} differs by ${error} of its scale`);
}

test('the encoder of MobileSAM answers as the official one does, with windows beyond the grid and over all of it', async () => {
  const expected = await readModelVectors(DIRECTORY, 'tiny');
  const actual = await encode('tiny', tensorOf(expected, 'image'));
  assert.deepEqual(Object.keys(actual), ['embedding']);
  assertClose(actual, expected, 'embedding');
});

test("the encoder of HQ-SAM's tiny model also gives what enters its third stage, from float16", async () => {
  const expected = await readModelVectors(DIRECTORY, 'hq-tiny');
  const actual = await encode('hq-tiny', tensorOf(expected, 'image'));
  assertClose(actual, expected, 'embedding');
  assertClose(actual, expected, 'intermediate');
});

test('a few windows and tokens at a time, the last piece smaller, give the same', async () => {
  const expected = await readModelVectors(DIRECTORY, 'tiny');
  const hiddenWidth = 2 * 12;
  for (const atOnce of [
    { scores: 1, hidden: 10 * hiddenWidth },
    { scores: 3 * 2 * 25 * 25, hidden: 1 },
  ]) {
    assertClose(await encode('tiny', tensorOf(expected, 'image'), atOnce), expected, 'embedding');
  }
});
