import assert from 'node:assert/strict';
import test from 'node:test';
import { Tensor } from 'onnxruntime-node';
import { Checkpoint } from '../../../src/onnx/checkpoint/checkpoint.js';
import { authorModel } from '../../../src/onnx/graph/author-model.js';
import { relativeError, tensorOf } from './decoder-vectors.js';
import { openModel, readModelVectors, toPixels } from './model-vectors.js';

const DIRECTORY = 'test/golden/models';
const TOLERANCE = 1e-4;

for (const [model, name] of [
  ['sam', 'sam-vit-32x4'],
  ['hq', 'hq-vit-40x3'],
  ['tiny', 'mobile-sam-8-12-16-24'],
  ['hq-tiny', 'hq-tiny-8-16-24-32'],
] as const) {
  test(`from a checkpoint of ${name}, an image and a prompt to masks as the official model does`, async () => {
    const checkpoint = await Checkpoint.open(`${DIRECTORY}/${model}.pth`);
    try {
      const { family, encoder, decoder, imageTensors } = await authorModel(checkpoint, {
        tinyImageSize: 64,
      });
      assert.equal(family.name, name);
      const expected = await readModelVectors(DIRECTORY, model);
      const encoding = await openModel(encoder, checkpoint);
      assert.deepEqual(encoding.outputNames, imageTensors);
      const image = await encoding.run({ image: toPixels(tensorOf(expected, 'image')) });
      const decoding = await openModel(decoder, checkpoint);
      const result = await decoding.run({
        ...image,
        point_coords: tensorOf(expected, 'point_coords'),
        point_labels: new Tensor('float32', Float32Array.of(1, 2, 3), [1, 3]),
        mask_input: tensorOf(expected, 'mask_input'),
        has_mask_input: new Tensor('float32', Float32Array.of(1), [1]),
      });
      for (const [output, recorded] of [
        ['low_res_masks', 'masks'],
        ['iou_predictions', 'iou_predictions'],
      ] as const) {
        const error = relativeError(tensorOf(result, output), tensorOf(expected, recorded));
        assert.ok(error <= TOLERANCE, `${output} differs by ${error} of its scale`);
      }
      await encoding.release();
      await decoding.release();
    } finally {
      await checkpoint.close();
    }
  });
}
