import assert from 'node:assert/strict';
import test from 'node:test';
import { Checkpoint } from '../../../src/onnx/checkpoint/checkpoint.js';
import { recogniseFamily } from '../../../src/onnx/families/recognise.js';
import { GraphBuilder } from '../../../src/onnx/graph/graph-builder.js';
import { authorImageInput } from '../../../src/onnx/graph/image-input.js';
import { authorVitEncoder, type VitOptions } from '../../../src/onnx/graph/vit-encoder.js';
import { type NamedTensors, numbersOf, relativeError, tensorOf } from './decoder-vectors.js';
import { openModel, readModelVectors, toPixels } from './model-vectors.js';

const DIRECTORY = 'test/golden/models';
const TOLERANCE = 1e-5;

/** The encoder's embedding and, for HQ-SAM, its intermediate features. */
async function encode(
  model: string,
  image: NamedTensors[string],
  options: VitOptions = {},
): Promise<NamedTensors> {
  const checkpoint = await Checkpoint.open(`${DIRECTORY}/${model}.pth`);
  try {
    const { encoder, ...family } = recogniseFamily(checkpoint);
    assert.equal(encoder.kind, 'vit');
    const graph = new GraphBuilder();
    const input = authorImageInput(graph, family.imageSize);
    const output = await authorVitEncoder(graph, checkpoint, { ...family, encoder }, input, options);
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

/** ‖actual − expected‖ / ‖expected‖ */
function relativeL2(actual: NamedTensors[string], expected: NamedTensors[string]): number {
  const [a, b] = [numbersOf(actual), numbersOf(expected)];
  return Math.hypot(...a.map((value, index) => value - (b[index] ?? 0))) / Math.hypot(...b);
}

function assertClose(actual: NamedTensors, expected: NamedTensors, name: string): void {
  const error = relativeError(tensorOf(actual, name), tensorOf(expected, name));
  assert.ok(error <= TOLERANCE, `${name} differs by ${error} of its scale`);
}

test('the encoder of SAM answers as the official one does, with windows that reach beyond the grid', async () => {
  const expected = await readModelVectors(DIRECTORY, 'sam');
  const actual = await encode('sam', tensorOf(expected, 'image'));
  assert.deepEqual(Object.keys(actual), ['embedding']);
  assertClose(actual, expected, 'embedding');
});

test('the encoder of HQ-SAM also gives the first global block, from float16 under DataParallel', async () => {
  const expected = await readModelVectors(DIRECTORY, 'hq');
  const actual = await encode('hq', tensorOf(expected, 'image'));
  assertClose(actual, expected, 'embedding');
  assertClose(actual, expected, 'intermediate');
});

test('an encoder in int8 drifts by less than a hundredth, also where rows are not whole blocks', async () => {
  for (const model of ['sam', 'hq']) {
    const expected = await readModelVectors(DIRECTORY, model);
    const actual = await encode(model, tensorOf(expected, 'image'), { precision: 'int8' });
    const drift = relativeL2(tensorOf(actual, 'embedding'), tensorOf(expected, 'embedding'));
    assert.ok(drift > 1e-4 && drift < 1e-2, `the embedding of ${model} drifts by ${drift}`);
  }
});

test('global attention in pieces of a head gives the same', async () => {
  const expected = await readModelVectors(DIRECTORY, 'sam');
  const [oneRow, awkward] = [64, 5 * 64];
  for (const scoresAtOnce of [oneRow, awkward]) {
    assertClose(await encode('sam', tensorOf(expected, 'image'), { scoresAtOnce }), expected, 'embedding');
  }
});
