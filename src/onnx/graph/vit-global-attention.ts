import type { Tensor } from './graph-builder.js';
import { add, concat, fusedMatMul, matMul, reshape, softmax, transpose } from './ops.js';
import type { VitContext } from './vit-context.js';
import { projections } from './vit-projections.js';
import { relativePositions } from './vit-relative-positions.js';

/**
 * Attention among all patches, x [patches, embedDim] → [patches, embedDim], before its output projection. All scores of
 * ViT-B would take 805 MB; so they are computed for one head and some rows of queries at a time, exactly.
 */
export async function globalAttention(context: VitContext, x: Tensor, attention: string): Promise<Tensor> {
  const { graph, shape, gridSize } = context;
  const { heads, embedDim } = shape;
  const patches = gridSize * gridSize;
  const headDim = embedDim / heads;
  const { queries, keys, values } = await projections(context, x, attention);
  const byHead = (tensor: Tensor): Tensor => {
    const separate = transpose(graph, reshape(graph, tensor, [patches, heads, headDim]), [1, 0, 2]);
    return reshape(graph, separate, [heads * patches, headDim]);
  };
  const headQueries = byHead(queries);
  const positions = await positionScores(context, headQueries, attention);

  const rows = queriesAtOnce(patches, context.scoresAtOnce);
  const pieces = (tensor: Tensor, size: number): readonly Tensor[] =>
    graph.split(tensor, 0, Array<number>((heads * patches) / size).fill(size));
  const keysOfHead = pieces(byHead(keys), patches);
  const valuesOfHead = pieces(byHead(values), patches);
  const vertical = pieces(positions.vertical, rows);
  const horizontal = pieces(positions.horizontal, rows);
  const attended = pieces(headQueries, rows).map((query, piece) => {
    const head = Math.floor((piece * rows) / patches);
    const [key, value] = [keysOfHead[head] ?? '', valuesOfHead[head] ?? ''];
    const position = add(graph, vertical[piece] ?? '', horizontal[piece] ?? '');
    const offsets = reshape(graph, position, [rows, patches]);
    const scores = graph.node('Gemm', [query, key, offsets], { transB: 1 });
    return matMul(graph, softmax(graph, scores), value);
  });
  const joined = reshape(graph, concat(graph, attended, 0), [heads, patches, headDim]);
  return reshape(graph, transpose(graph, joined, [1, 0, 2]), [patches, embedDim]);
}

/** How many queries have about that many scores; a divisor of the number of patches. */
function queriesAtOnce(patches: number, scoresAtOnce: number): number {
  let rows = Math.max(1, Math.min(patches, Math.floor(scoresAtOnce / patches)));
  while (patches % rows !== 0) rows--;
  return rows;
}

/**
 * What relative positions add to the scores, to be broadcast against each other: vertical [heads·patches, gridSize, 1] by
 * the key's row, horizontal [heads·patches, 1, gridSize] by its column.
 */
async function positionScores(
  { graph, ...context }: VitContext,
  headQueries: Tensor,
  attention: string,
): Promise<{ readonly vertical: Tensor; readonly horizontal: Tensor }> {
  const { shape, gridSize } = context;
  const { heads, embedDim } = shape;
  // The official code takes relative positions against unscaled queries.
  const product = { b: true, factor: Math.sqrt(embedDim / heads) };
  const grid = reshape(graph, headQueries, [heads, gridSize, gridSize, embedDim / heads]);
  const rowVectors = await relativePositions({ graph, ...context }, `${attention}.rel_pos_h`, gridSize);
  const columnVectors = await relativePositions({ graph, ...context }, `${attention}.rel_pos_w`, gridSize);
  const vertical = fusedMatMul(graph, grid, rowVectors, product);
  const columns = transpose(graph, grid, [0, 2, 1, 3]);
  const horizontal = transpose(graph, fusedMatMul(graph, columns, columnVectors, product), [0, 2, 1, 3]);
  return {
    vertical: reshape(graph, vertical, [-1, gridSize, 1]),
    horizontal: reshape(graph, horizontal, [-1, 1, gridSize]),
  };
}
