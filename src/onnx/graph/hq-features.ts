import { RefinerError } from '../../errors.js';
import type { DecoderContext } from './decoder-layers.js';
import type { Tensor } from './graph-builder.js';
import { add, reshape, transpose } from './ops.js';
import { rowsInImageOrder, upscale } from './upscaling.js';

/**
 * HQ-SAM's fused features of an image (HQ-SAM paper, section 3.2.2, "Global-local fusion"; mask_decoder_hq.py,
 * embedding_encoder and compress_vit_feat): early and final features of the encoder at the masks' size. They do not
 * depend on the prompt.
 *
 * @param tokens the embedding, [positions, channels]
 * @param intermediate the output of the encoder's first global-attention block, [1, gridSize, gridSize, width]
 * @returns [maskChannels, maskSize²] in image order
 */
export function hqFeatures(context: DecoderContext, tokens: Tensor, intermediate: Tensor | null): Tensor {
  if (intermediate === null) {
    throw new RefinerError('CHECKPOINT_UNSUPPORTED', {
      expected: 'an encoder that gives HQ-SAM its early features',
      received: 'one that gives the embedding alone',
    });
  }
  const { graph, shape } = context;
  const { maskChannels, maskSize } = shape;
  const fused = add(
    graph,
    upscale(context, tokens, 'mask_decoder.embedding_encoder', { lastGelu: false }),
    upscale(context, intermediate, 'mask_decoder.compress_vit_feat', { lastGelu: false }),
  );
  const rows = reshape(graph, rowsInImageOrder(context, fused, maskChannels), [
    maskSize * maskSize,
    maskChannels,
  ]);
  return transpose(graph, rows, [1, 0]);
}
