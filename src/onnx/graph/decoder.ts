import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { type DecoderContext, parameter } from './decoder-layers.js';
import { type DecoderFamily, decoderShape } from './decoder-shape.js';
import { DecoderWeights } from './decoder-weights.js';
import type { GraphBuilder, Tensor } from './graph-builder.js';
import { hqMask } from './hq-mask.js';
import { type ImageTensors, imageTensors, listImageTensors } from './image-tensors.js';
import { authorIouHead, hypernetworks } from './mask-heads.js';
import { encodeMask } from './mask-prompt.js';
import { add, concat, expand, fusedMatMul, nameOutput, reshape, shapeOf, sizeOf, slice } from './ops.js';
import { encodePoints } from './prompt-encoder.js';
import { twoWayTransformer } from './two-way-transformer.js';
import { planesInImageOrder, rowsInImageOrder, upscale } from './upscaling.js';

export interface DecoderOptions {
  /** For HQ-SAM: every candidate is the HQ token's mask alone, instead of SAM's logits plus the HQ token's. */
  readonly hqTokenOnly?: boolean;
}

/**
 * Writes SAM's prompt encoder and mask decoder (paper, appendix A; prompt_encoder.py, mask_decoder.py,
 * mask_decoder_hq.py) as a graph that decodes B prompts of one image.
 *
 * Inputs, float32: `point_coords` [B, N, 2] pixel indices of the input image; `point_labels` [B, N], −1 padding,
 * 0 background, 1 foreground, 2 and 3 corners of a box; `mask_input` [B, 1, maskSize, maskSize]; `has_mask_input` [B], 1 or
 * 0, mixed as needed; and the outputs of `authorImagePreparation`. The official predictor pads with one point of label −1
 * where there is no box; here the caller does.
 *
 * Outputs, float32: `low_res_masks` [B, 4, maskSize, maskSize], the single-mask candidate and the three of the multimask
 * output; `iou_predictions` [B, 4]; `iou_features` [B, 256], which enter the IoU head's last layer.
 */
export async function authorDecoder(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  family: DecoderFamily,
  options: DecoderOptions = {},
): Promise<void> {
  const weights = await DecoderWeights.read(checkpoint);
  const context: DecoderContext = { graph, weights, shape: decoderShape(weights, family) };
  const { maskSize, candidates } = context.shape;
  const points = graph.input('point_coords', 'float32', ['B', 'N', 2]);
  const labels = graph.input('point_labels', 'float32', ['B', 'N']);
  const mask = graph.input('mask_input', 'float32', ['B', 1, maskSize, maskSize]);
  const hasMask = graph.input('has_mask_input', 'float32', ['B']);
  const image = imageTensors(context.shape);
  for (const { name, shape } of listImageTensors(image)) graph.input(name, 'float32', shape);

  const prompt = promptTokens(context, encodePoints(context, points, labels));
  const decoded = twoWayTransformer(context, prompt, encodeMask(context, mask, hasMask), image);
  authorIouHead(context, decoded.tokens);
  const masks = candidateMasks(context, decoded.tokens, decoded.image, image, options);
  nameOutput(graph, masks, 'low_res_masks');
  graph.output('low_res_masks', 'float32', ['B', candidates, maskSize, maskSize]);
}

/** The IoU token, the mask tokens and HQ-SAM's token before those of the prompt: [B, T, channels]. */
function promptTokens(context: DecoderContext, points: Tensor): Tensor {
  const { graph, shape } = context;
  const { channels, outputTokens, hq } = shape;
  const learned = [
    parameter(context, 'mask_decoder.iou_token.weight'),
    parameter(context, 'mask_decoder.mask_tokens.weight'),
    ...(hq ? [parameter(context, 'mask_decoder.hf_token.weight')] : []),
  ];
  const output = reshape(graph, concat(graph, learned, 0), [1, outputTokens, channels]);
  const batch = sizeOf(graph, points, 0);
  return concat(graph, [expand(graph, output, shapeOf(graph, batch, outputTokens, channels)), points], 1);
}

/** [B, 4, maskSize, maskSize] */
function candidateMasks(
  context: DecoderContext,
  tokens: Tensor,
  image: Tensor,
  { hqFeatures }: ImageTensors,
  { hqTokenOnly = false }: DecoderOptions,
): Tensor {
  const { graph, shape } = context;
  const { candidates, maskChannels, maskSize } = shape;
  const networks = Array.from(
    { length: candidates },
    (_, index) => `mask_decoder.output_hypernetworks_mlps.${index}`,
  );
  const upscaled = upscale(context, image, 'mask_decoder.output_upscaling', { lastGelu: true });
  const rows = reshape(graph, upscaled, [-1, maskSize * maskSize, maskChannels]);
  if (hqFeatures === null) {
    const hyper = hypernetworks(context, tokens, networks);
    return planesInImageOrder(context, fusedMatMul(graph, hyper, rows, { b: true }), candidates);
  }

  const hyper = hypernetworks(context, tokens, [...networks, 'mask_decoder.hf_mlp']);
  const pixels = rowsInImageOrder(context, rows, maskChannels);
  const hq = hqMask(context, pixels, slice(graph, hyper, 1, candidates, candidates + 1), hqFeatures.name);
  if (hqTokenOnly) return expand(graph, hq, [1, candidates, maskSize, maskSize]);
  // The official predictor adds the HQ logits to whichever mask it has chosen; here the choice comes later.
  const sam = fusedMatMul(graph, slice(graph, hyper, 1, 0, candidates), pixels, { b: true });
  return add(graph, reshape(graph, sam, [-1, candidates, maskSize, maskSize]), hq);
}
