import {
  attentionOutput,
  shareOverTokens,
  spreadTokenKeys,
  tokenQueries,
  tokenValues,
} from './decoder-attention.js';
import { type DecoderContext, linearWeight } from './decoder-layers.js';
import type { Tensor } from './graph-builder.js';
import type { ImageTensors } from './image-tensors.js';
import type { DensePrompt } from './mask-prompt.js';
import {
  add,
  concat,
  expand,
  fusedMatMul,
  matMul,
  reshape,
  shapeOf,
  sizeOf,
  softmax,
  transpose,
} from './ops.js';

/*
 * The first layer's attentions between tokens and image. What they project of the image is the embedding plus the dense
 * prompt: the embedding's part was computed once per image, the prompt's part goes through its basis.
 */

/** Tokens look at the image: [B, T, channels]. */
export function attendToImageFirst(
  context: DecoderContext,
  tokens: Tensor,
  image: ImageTensors,
  prompt: DensePrompt,
  name: string,
): Tensor {
  const { graph, shape } = context;
  const { heads, positions } = shape;
  const queries = tokenQueries(context, tokens, name);
  const keyBasis = transpose(graph, basisPerHead(context, prompt, `${name}.k_proj.weight`), [1, 2, 0]);
  const promptQueries = reshape(graph, matMul(graph, queries, keyBasis), [0, -1, prompt.rank]);
  const scores = add(
    graph,
    reshape(graph, matMul(graph, queries, image.keys.name), [0, -1, positions]),
    fusedMatMul(graph, promptQueries, prompt.factors, { b: true }),
  );
  const shares = softmax(graph, scores);
  const ofImage = matMul(graph, reshape(graph, shares, [0, heads, -1, positions]), image.values.name);
  const valueBasis = transpose(graph, basisPerHead(context, prompt, `${name}.v_proj.weight`), [1, 0, 2]);
  const seenPrompt = reshape(graph, matMul(graph, shares, prompt.factors), [0, heads, -1, prompt.rank]);
  return attentionOutput(context, add(graph, ofImage, matMul(graph, seenPrompt, valueBasis)), name);
}

/** The image looks at the tokens; the answer has the dense prompt added: [B, positions, channels]. */
export function attendToTokensFirst(
  context: DecoderContext,
  image: ImageTensors,
  prompt: DensePrompt,
  keyTokens: Tensor,
  valueTokens: Tensor,
  name: string,
): Tensor {
  const { graph, shape } = context;
  const keys = spreadTokenKeys(context, keyTokens, name);
  const queryBasis = matMul(graph, prompt.basis, linearWeight(context, `${name}.q_proj.weight`));
  const scores = add(
    graph,
    matMul(graph, image.queries.name, keys),
    matMul(graph, prompt.factors, matMul(graph, queryBasis, keys)),
  );
  const batch = sizeOf(graph, keyTokens, 0);
  const basis = expand(graph, prompt.basis, shapeOf(graph, batch, prompt.rank, shape.channels));
  const values = concat(graph, [tokenValues(context, valueTokens, name), basis], 1);
  // One product adds up what the tokens give and the dense prompt.
  return matMul(graph, concat(graph, [shareOverTokens(context, scores), prompt.factors], 2), values);
}

/** The dense prompt's basis through a projection: [rank, heads, width per head]; depends on the weights alone. */
function basisPerHead(context: DecoderContext, prompt: DensePrompt, weight: string): Tensor {
  const { graph, shape } = context;
  const projected = matMul(graph, prompt.basis, linearWeight(context, weight));
  return reshape(graph, projected, [prompt.rank, shape.heads, shape.attentionWidth / shape.heads]);
}
