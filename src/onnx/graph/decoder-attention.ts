import { type DecoderContext, linearLayer, parameter } from './decoder-layers.js';
import type { Tensor } from './graph-builder.js';
import { add, fusedMatMul, matMul, multiply, reshape, softmax, transpose } from './ops.js';
import { transposed } from './weights.js';

/*
 * The attentions of SAM's two-way transformer (paper, appendix A, "Lightweight mask decoder"; transformer.py). Between T
 * tokens and S positions, T is about 10 and S 4096: no projection is made of the positions. Where a weight would meet
 * them it is multiplied into the tokens first, head by head, which gives the same sums in another order.
 */

/** Tokens to themselves: [B, T, channels]. */
export function selfAttention(context: DecoderContext, query: Tensor, value: Tensor, name: string): Tensor {
  const { graph, shape } = context;
  const width = context.weights.get(`${name}.q_proj.weight`).shape[0] ?? 1;
  const q = splitHeads(context, linearLayer(context, query, `${name}.q_proj`, headScale(context, width)));
  const k = reshape(graph, linearLayer(context, query, `${name}.k_proj`), [0, 0, shape.heads, -1]);
  const v = splitHeads(context, linearLayer(context, value, `${name}.v_proj`));
  const share = softmax(graph, matMul(graph, q, transpose(graph, k, [0, 2, 3, 1])));
  return linearLayer(context, mergeHeads(context, matMul(graph, share, v)), `${name}.out_proj`);
}

/** The scaled queries of tokens that look at the image: [B, heads, T, width per head]. */
export function tokenQueries(context: DecoderContext, tokens: Tensor, name: string): Tensor {
  const scale = headScale(context, context.shape.attentionWidth);
  return splitHeads(context, linearLayer(context, tokens, `${name}.q_proj`, scale));
}

/**
 * Tokens look at the image: their queries go through the keys' weight, the shares are taken of the positions as they
 * are, and the values' weight follows. The keys' bias would add the same to all positions and cancels in the softmax.
 *
 * @param tokens [B, T, channels]
 * @param image [B, positions, channels], without the position encoding
 * @param encoded the image with its position encoding, of the same shape
 * @returns [B, T, channels]
 */
export function attendToImage(
  context: DecoderContext,
  tokens: Tensor,
  image: Tensor,
  encoded: Tensor,
  name: string,
): Tensor {
  const { graph, shape } = context;
  const { heads, channels, attentionWidth } = shape;
  const queries = tokenQueries(context, tokens, name);
  const keyWeight = parameter(context, `${name}.k_proj.weight`, [heads, attentionWidth / heads, channels]);
  const wide = reshape(graph, matMul(graph, queries, keyWeight), [0, -1, channels]);
  const shares = softmax(graph, fusedMatMul(graph, wide, encoded, { b: true }));
  const seen = reshape(graph, matMul(graph, shares, image), [0, heads, -1, channels]);
  return attentionOutput(context, matMul(graph, seen, valueWeightPerHead(context, name)), name);
}

/** What follows values [B, heads, T, width per head]: their bias (shares sum to 1) and the output's projection. */
export function attentionOutput(context: DecoderContext, values: Tensor, name: string): Tensor {
  const biased = add(context.graph, mergeHeads(context, values), parameter(context, `${name}.v_proj.bias`));
  return linearLayer(context, biased, `${name}.out_proj`);
}

/**
 * The scaled keys of tokens that the image looks at, spread so that one product serves all heads: column (head, token)
 * holds the token's key in the rows of that head and 0 elsewhere. [B, attentionWidth, heads·T]
 */
export function spreadTokenKeys(context: DecoderContext, tokens: Tensor, name: string): Tensor {
  const { graph, shape } = context;
  const { heads, attentionWidth } = shape;
  const keys = linearLayer(context, tokens, `${name}.k_proj`, headScale(context, attentionWidth));
  const ownHead = new Float32Array(attentionWidth * heads);
  const width = attentionWidth / heads;
  for (let row = 0; row < attentionWidth; row++) ownHead[row * heads + Math.floor(row / width)] = 1;
  const columns = reshape(graph, transpose(graph, keys, [0, 2, 1]), [0, attentionWidth, 1, -1]);
  const spread = multiply(graph, columns, graph.constant([attentionWidth, heads, 1], ownHead));
  return reshape(graph, spread, [0, attentionWidth, -1]);
}

/**
 * What each token gives to the positions that look at it, already through the output's projection:
 * [B, heads·T, channels]. The output's bias rides on the first head, whose shares sum to 1.
 */
export function tokenValues(context: DecoderContext, tokens: Tensor, name: string): Tensor {
  const { graph, weights, shape } = context;
  const { heads, channels, attentionWidth } = shape;
  const { numbers } = weights.get(`${name}.out_proj.weight`);
  const perHead = transposed(numbers, channels, attentionWidth);
  const weight = graph.constant([heads, attentionWidth / heads, channels], perHead);
  const bias = new Float32Array(heads * channels);
  bias.set(weights.numbers(`${name}.out_proj.bias`));
  const values = splitHeads(context, linearLayer(context, tokens, `${name}.v_proj`));
  const projected = add(graph, matMul(graph, values, weight), graph.constant([heads, 1, channels], bias));
  return reshape(graph, projected, [0, -1, channels]);
}

/** The shares of each head's tokens: scores [B, positions, heads·T] → the same shape. */
export function shareOverTokens({ graph, shape }: DecoderContext, scores: Tensor): Tensor {
  const perHead = reshape(graph, scores, [0, shape.positions, shape.heads, -1]);
  return reshape(graph, softmax(graph, perHead), [0, shape.positions, -1]);
}

/**
 * The image looks at the tokens.
 *
 * @param encoded the image with its position encoding, [B, positions, channels]
 * @param keyTokens what the keys are made of (with the tokens' own encoding), valueTokens: the values; [B, T, channels]
 * @returns [B, positions, channels]
 */
export function attendToTokens(
  context: DecoderContext,
  encoded: Tensor,
  keyTokens: Tensor,
  valueTokens: Tensor,
  name: string,
): Tensor {
  const { graph } = context;
  const keys = spreadTokenKeys(context, keyTokens, name);
  const queryWeight = parameter(context, `${name}.q_proj.weight`);
  const queryBias = parameter(context, `${name}.q_proj.bias`, [1, context.shape.attentionWidth]);
  const scores = add(
    graph,
    matMul(graph, encoded, fusedMatMul(graph, queryWeight, keys, { a: true })),
    matMul(graph, queryBias, keys),
  );
  return matMul(graph, shareOverTokens(context, scores), tokenValues(context, valueTokens, name));
}

/** [B, T, width] → [B, heads, T, width per head]. */
function splitHeads({ graph, shape }: DecoderContext, x: Tensor): Tensor {
  return transpose(graph, reshape(graph, x, [0, 0, shape.heads, -1]), [0, 2, 1, 3]);
}

/** [B, heads, T, width per head] → [B, T, width]. */
function mergeHeads({ graph }: DecoderContext, x: Tensor): Tensor {
  return reshape(graph, transpose(graph, x, [0, 2, 1, 3]), [0, 0, -1]);
}

/** The values' weight as [heads, channels, width per head]. */
function valueWeightPerHead({ graph, weights, shape }: DecoderContext, name: string): Tensor {
  const { heads, channels, attentionWidth } = shape;
  const width = attentionWidth / heads;
  const weight = weights.numbers(`${name}.v_proj.weight`);
  const perHead = new Float32Array(weight.length);
  for (let head = 0; head < heads; head++) {
    const rows = weight.subarray(head * width * channels, (head + 1) * width * channels);
    perHead.set(transposed(rows, width, channels), head * width * channels);
  }
  return graph.constant([heads, channels, width], perHead);
}

function headScale({ shape }: DecoderContext, width: number): number {
  return 1 / Math.sqrt(width / shape.heads);
}
