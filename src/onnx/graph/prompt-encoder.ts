import { type DecoderContext } from './decoder-layers.js';
import type { Tensor } from './graph-builder.js';
import { add, multiply } from './ops.js';
import { pointPositionEncoding } from './position-encoding.js';

/** Labels from −1: padding, background, foreground, first and second corner of a box. */
const LABEL_EMBEDDINGS = [
  'not_a_point_embed',
  'point_embeddings.0',
  'point_embeddings.1',
  'point_embeddings.2',
  'point_embeddings.3',
];

/**
 * Encodes points and box corners (paper, appendix A, "Prompt encoder"; prompt_encoder.py): the position's encoding plus
 * a learned vector of its label; padding has the learned vector alone.
 *
 * @param points float32 [B, N, 2], pixel indices of the input image
 * @param labels float32 [B, N]: −1 padding, 0 background, 1 foreground, 2 and 3 the corners of a box
 * @returns prompt tokens [B, N, channels]
 */
export function encodePoints(context: DecoderContext, points: Tensor, labels: Tensor): Tensor {
  const { graph, weights, shape } = context;
  const table = new Float32Array(LABEL_EMBEDDINGS.length * shape.channels);
  LABEL_EMBEDDINGS.forEach((name, row) => {
    table.set(weights.numbers(`prompt_encoder.${name}.weight`), row * shape.channels);
  });
  const rows = graph.node('Cast', [add(graph, labels, graph.scalar(1))], { to: 7 });
  const rowOf = (constant: Tensor): Tensor => graph.node('Gather', [constant, rows], { axis: 0 });
  const hasPosition = rowOf(graph.constant([LABEL_EMBEDDINGS.length, 1], Float32Array.of(0, 1, 1, 1, 1)));
  const labelEmbedding = rowOf(graph.constant([LABEL_EMBEDDINGS.length, shape.channels], table));
  return add(graph, multiply(graph, pointPositionEncoding(context, points), hasPosition), labelEmbedding);
}
