import type { Tensor } from './graph-builder.js';
import { concat, fusedMatMul, reshape, transpose } from './ops.js';
import type { VitContext } from './vit-context.js';
import { projections } from './vit-projections.js';
import { relativePositions } from './vit-relative-positions.js';
import { intoWindows, outOfWindows, placesOneHot, windowsOf } from './vit-windows.js';

/**
 * Attention within windows, x [patches, embedDim] → [patches, embedDim], before its output projection. As in the official
 * code, places beyond the grid take part as zeros before the projection: their keys and values are its bias. One zero
 * token is projected for all of them.
 *
 * Relative positions ride along in the product of queries and keys: a query is extended by what it adds for each row and
 * column of keys, a key by its row and column as one-hot vectors. So the fused attention kernel can be used, which keeps
 * no scores.
 */
export async function windowAttention(context: VitContext, x: Tensor, attention: string): Promise<Tensor> {
  const { graph, shape } = context;
  const { heads, embedDim, windowSize } = shape;
  const headDim = embedDim / heads;
  const { count, area } = windowsOf(context);
  const withZero = graph.node('Pad', [x, graph.integers(0, 0, 1, 0)]);
  const { queries, keys, values } = await projections(context, withZero, attention);
  const ofWindows = (tensor: Tensor): Tensor =>
    reshape(graph, intoWindows(context, tensor), [count, area, heads, headDim]);
  const extended = (parts: readonly Tensor[]): Tensor =>
    reshape(graph, concat(graph, parts, 3), [count, area, heads * (headDim + 2 * windowSize)]);
  const windowQueries = ofWindows(queries);
  const attended = graph.node(
    'MultiHeadAttention',
    [
      extended([windowQueries, ...(await positionScores(context, windowQueries, attention))]),
      extended([ofWindows(keys), placesOneHot(context)]),
      reshape(graph, intoWindows(context, values), [count, area, embedDim]),
    ],
    { num_heads: heads, scale: { float: 1 } },
    { domain: 'com.microsoft' },
  );
  return outOfWindows(context, attended);
}

/** What relative positions add to the scores, by the key's row and by its column: two of [windows, area, heads, windowSize]. */
async function positionScores(
  context: VitContext,
  windowQueries: Tensor,
  attention: string,
): Promise<readonly Tensor[]> {
  const { graph, shape } = context;
  const { heads, embedDim, windowSize: side } = shape;
  const { count, area } = windowsOf(context);
  // The official code takes relative positions against unscaled queries.
  const product = { b: true, factor: Math.sqrt(embedDim / heads) };
  /** Scores along one axis, which `order` puts first and `back` returns to its place. */
  const along = async (
    parameter: string,
    order: readonly number[],
    back: readonly number[],
  ): Promise<Tensor> => {
    const vectors = await relativePositions(context, `${attention}.${parameter}`, side);
    const places = transpose(graph, reshape(graph, windowQueries, [count, side, side, embedDim]), order);
    const flat = reshape(graph, places, [side, count * side * heads, embedDim / heads]);
    const scores = reshape(graph, fusedMatMul(graph, flat, vectors, product), [
      side,
      count,
      side,
      heads * side,
    ]);
    return reshape(graph, transpose(graph, scores, back), [count, area, heads, side]);
  };
  return [
    await along('rel_pos_h', [1, 0, 2, 3], [1, 0, 2, 3]),
    await along('rel_pos_w', [2, 0, 1, 3], [1, 2, 0, 3]),
  ];
}
