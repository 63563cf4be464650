import type { Checkpoint } from './checkpoint/checkpoint.js';
import type { Family } from './families/family.js';
import { decoderShape } from './graph/decoder-shape.js';
import { DecoderWeights } from './graph/decoder-weights.js';
import { imageTensors, listImageTensors } from './graph/image-tensors.js';
import type { ModelContract } from './model-contract.js';

/** The contract that the graphs which `authorModel` writes from a checkpoint keep. */
export async function checkpointContract(checkpoint: Checkpoint, family: Family): Promise<ModelContract> {
  const shape = decoderShape(await DecoderWeights.read(checkpoint), family);
  const image = imageTensors(shape);
  return {
    input: { tensor: 'image', size: family.imageSize, layout: 'nhwc-uint8' },
    encoder: {
      outputs: listImageTensors(image).map((tensor) => ({ tensor: tensor.name, shape: tensor.shape })),
      features: {
        tensor: image.tokens.name,
        order: 'channels-last',
        channels: shape.channels,
        height: family.gridSize,
        width: family.gridSize,
      },
    },
    decoder: {
      accepts: ['points', 'boxes', 'mask'],
      pointCoords: 'point_coords',
      pointLabels: 'point_labels',
      pointLabelsType: 'float32',
      maskInput: 'mask_input',
      hasMaskInput: 'has_mask_input',
      pointSlots: null,
      maskAmplitude: null,
      // A prompt alone and one among several differ in the last bits (matrices of one row are multiplied by another
      // routine), and several at once are not faster.
      promptsPerRun: 1,
      masks: 'low_res_masks',
      ious: 'iou_predictions',
      iouFeatures: 'iou_features',
      candidateCount: shape.candidates,
      // The first is the single-mask output, which SAM's authors leave out where several masks are asked for.
      selectable: Array.from({ length: shape.candidates - 1 }, (_, index) => index + 1),
      maskSize: shape.maskSize,
      iouFeatureCount: shape.iouFeatures,
    },
  };
}
