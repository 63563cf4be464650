import { RefinerError } from '../../errors.js';
import { type ExposedDecoder, exposeIouFeatures } from './expose-iou-features.js';
import { readOnnxGraph } from './onnx-graph.js';
import { pruneGraph } from './prune-graph.js';

/** What SAM's own export and ours call a decoder's ends. */
export const EXPORT_NAMES = {
  embedding: 'image_embeddings',
  pointCoords: 'point_coords',
  pointLabels: 'point_labels',
  maskInput: 'mask_input',
  hasMaskInput: 'has_mask_input',
  masks: 'low_res_masks',
  ious: 'iou_predictions',
} as const;

const INPUTS: readonly string[] = [
  EXPORT_NAMES.embedding,
  EXPORT_NAMES.pointCoords,
  EXPORT_NAMES.pointLabels,
  EXPORT_NAMES.maskInput,
  EXPORT_NAMES.hasMaskInput,
];

/**
 * Makes of SAM's public ONNX export (scripts/export_onnx_model.py) a decoder that refines: it also gives the IoU head's
 * features, and no longer the masks in the size of the image, which nobody reads and which cost more than all else. With
 * them goes `orig_im_size`, which only they depend on. Throws ONNX_INVALID, ONNX_UNSUPPORTED with the reason.
 */
export function refiningDecoder(model: Uint8Array): ExposedDecoder {
  const exposed = exposeIouFeatures(model);
  const pruned = pruneGraph(exposed.model, [EXPORT_NAMES.masks, EXPORT_NAMES.ious, exposed.iouFeatures]);
  const { inputs } = readOnnxGraph(pruned);
  const strange = inputs.find((name) => !INPUTS.includes(name));
  if (strange !== undefined) {
    throw unsupported(`masks and IoUs made from ${INPUTS.join(', ')}`, `also ${strange.slice(0, 100)}`);
  }
  const unread = INPUTS.find((name) => !inputs.includes(name));
  if (unread !== undefined) throw unsupported(`masks and IoUs that depend on ${unread}`, 'others');
  return { ...exposed, model: pruned };
}

function unsupported(expected: string, received: string): RefinerError {
  return new RefinerError('ONNX_UNSUPPORTED', { where: 'the decoder', expected, received });
}
