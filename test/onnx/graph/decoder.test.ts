import assert from 'node:assert/strict';
import test from 'node:test';
import { Checkpoint } from '../../../src/onnx/checkpoint/checkpoint.js';
import { authorImagePreparation } from '../../../src/onnx/graph/image-preparation.js';
import { GraphBuilder } from '../../../src/onnx/graph/graph-builder.js';
import {
  expectedMasks,
  openDecoder,
  promptsOf,
  readDecoderVectors,
  relativeError,
  rowsOf,
  tensorOf,
  type DecoderCase,
  type NamedTensors,
} from './decoder-vectors.js';

const DIRECTORY = 'test/golden/decoder';
const TOLERANCE = 1e-4;

const vectors = await readDecoderVectors(DIRECTORY);

async function withDecoder(
  options: { hq: boolean; hqTokenOnly?: boolean },
  use: (decode: (prompts: NamedTensors) => Promise<NamedTensors>) => Promise<void>,
): Promise<void> {
  const checkpoint = await Checkpoint.open(`${DIRECTORY}/decoder.pth`);
  const { hq, hqTokenOnly = false } = options;
  const { decode, session } = await openDecoder(checkpoint, vectors, hq, { hqTokenOnly });
  try {
    await use(decode);
  } finally {
    await session.release();
    await checkpoint.close();
  }
}

function assertAnswers(actual: NamedTensors, one: DecoderCase, from = 0, to = Infinity): void {
  const expected: NamedTensors = {
    low_res_masks: expectedMasks(one),
    iou_predictions: tensorOf(one.tensors, 'iou_predictions'),
    iou_features: tensorOf(one.tensors, 'iou_features'),
  };
  for (const [name, tensor] of Object.entries(expected)) {
    const error = relativeError(tensorOf(actual, name), rowsOf(tensor, from, to));
    assert.ok(error <= TOLERANCE, `${one.name}: ${name} differs by ${error} of its scale`);
  }
}

for (const hq of [false, true]) {
  const model = hq ? 'HQ-SAM' : 'SAM';
  const cases = vectors.cases.filter((one) => one.hq === hq);

  test(`the decoder of ${model} answers as the official one does`, async () => {
    assert.ok(cases.length > 0);
    await withDecoder({ hq }, async (decode) => {
      for (const one of cases) assertAnswers(await decode(promptsOf(one)), one);
    });
  });

  test(`the prompts of a batch do not touch each other in ${model}`, async () => {
    const one = cases.find(({ name }) => name.includes('seven'));
    assert.ok(one);
    await withDecoder({ hq }, async (decode) => {
      for (let row = 0; row < 7; row++)
        assertAnswers(await decode(promptsOf(one, row, row + 1)), one, row, row + 1);
    });
  });
}

test('without a mask the mask input does not matter', async () => {
  const one = vectors.cases.find(({ name }) => name === 'one box');
  assert.ok(one);
  await withDecoder({ hq: false }, async (decode) => {
    const prompts = promptsOf(one);
    const mask = tensorOf(prompts, 'mask_input');
    (mask.data as Float32Array).fill(17);
    assertAnswers(await decode({ ...prompts, mask_input: mask }), one);
  });
});

test('every candidate is the HQ token’s mask where only that is wanted', async () => {
  const one = vectors.cases.find(({ hq, name }) => hq && name.includes('seven'));
  assert.ok(one);
  await withDecoder({ hq: true, hqTokenOnly: true }, async (decode) => {
    const masks = tensorOf(await decode(promptsOf(one)), 'low_res_masks');
    const error = relativeError(masks, expectedMasks(one, true));
    assert.ok(error <= TOLERANCE, `differs by ${error} of its scale`);
  });
});

test('an HQ decoder needs the encoder’s early features', async () => {
  const checkpoint = await Checkpoint.open(`${DIRECTORY}/decoder.pth`);
  const graph = new GraphBuilder();
  const { imageSize, gridSize } = vectors;
  await assert.rejects(
    authorImagePreparation(
      graph,
      checkpoint,
      { imageSize, gridSize, hq: true },
      { embedding: 'e', intermediate: null },
    ),
    { code: 'CHECKPOINT_UNSUPPORTED' },
  );
  await checkpoint.close();
});
